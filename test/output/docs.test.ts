import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { exit } from '../../src/errors/codes.ts'
import { frame } from '../../src/output/frame.ts'
import { plainText } from '../../src/output/line.ts'
import { eventKinds, plainLines } from '../../src/output/plain.ts'
import { symbolsFor } from '../../src/output/symbols.ts'
import { emptyView, follow } from '../../src/output/view.ts'
import { failedStep, gateDeadline, twoSendersPass } from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('output/docs')

const page = (name: string) => readFileSync(`docs/${name}`, 'utf8')
const block = (text: string, heading: string) => text.split(`## ${heading}`)[1]?.split('```text\n')[1]?.split('```')[0]

test('docs/output.md has a row for every kind of event and for nothing else', () => {
  const rows = [...page('output.md').matchAll(/^\| `(\w+)` \| /gm)].map(([, kind]) => kind)
  assert.equal(rows.toSorted(), eventKinds().toSorted())
})

test('docs/output.md names every field that events have', () => {
  const fields = new Map([...page('output.md').matchAll(/^\| `(\w+)` \| ([^|]*)\|/gm)].map(row => [row[1], row[2]]))
  for (const { kind, at, tai, ...more } of [...twoSendersPass, ...gateDeadline, ...failedStep]) {
    for (const field of Object.keys(more)) assert.ok(fields.get(kind)?.includes(`\`${field}\``), `${kind}.${field}`)
  }
})

test('the lines shown in docs/output.md are printed', () => {
  const printed = twoSendersPass.flatMap(plainLines())
  const shown = block(page('output.md'), 'Plain lines')?.trimEnd().split('\n') ?? []
  assert.is(shown.length, 5)
  for (const line of shown) assert.ok(printed.includes(line), line)
})

test('the screen shown in docs/output.md is drawn', () => {
  // The page leaves out the warning that the fixture begins with.
  const events = twoSendersPass.filter(({ kind }) => kind !== 'warning')
  const round = events.findIndex(({ kind, at }) => kind === 'gate_round' && at.includes('09:00:08'))
  const msOf = (i: number) => Date.parse(events[i]?.at ?? '') - Date.parse(events[0]?.at ?? '')
  const view = events.slice(0, round + 1).reduce((before, event, i) => follow(before, event, msOf(i)), emptyView)
  const drawn = frame(view, { columns: 80, rows: 24 }, msOf(round), symbolsFor({ LANG: 'C.UTF-8' }))
  assert.is(`${drawn.map(line => plainText(line).trimEnd()).join('\n')}\n`, block(page('output.md'), 'The live screen'))
})

test('docs/exit-codes.md has a row for every exit code and for nothing else', () => {
  const rows = [...page('exit-codes.md').matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code))
  assert.equal(
    rows,
    Object.values(exit).toSorted((a, b) => a - b),
  )
})

test.run()
