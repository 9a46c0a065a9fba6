import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { cutLink, healLink } from '../../../src/lab/link.ts'
import { commandAt } from '../../fixtures/command.ts'
import { onHost, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { keptIo } from '../../fixtures/io.ts'
import { hostNamed, labReason } from '../../fixtures/lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/sync')
const reason = labReason()
const { on } = sharedLab({ fastPtp: true })
const limitMs = 90_000

interface Row {
  readonly host: string
  readonly keeper?: string
  readonly portState?: string
  readonly phcOffset?: string
  readonly systemOffset?: string
  readonly pathDelay?: string
  readonly frequency?: number
  readonly grandmaster?: string
  readonly failures?: readonly string[]
  readonly ok?: boolean
  readonly error?: { readonly code: string }
}

const rowsIn = (stdout: string): Row[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

const sync = (lab: Lab, ...args: readonly string[]) =>
  commandAt(process.cwd(), ['sync', 'all', '-i', lab.inventory, ...args])

let isStarted = false

/** A and B keep PTP time, C none; until the lab goes. */
async function inStep(lab: Lab): Promise<void> {
  const ptp4l = 'ptp4l -i eth0 -m -2 -P --step_threshold 0.00002 --logSyncInterval -3'
  if (!isStarted)
    for (const name of ['A', 'B'])
      onHost(
        hostNamed(lab, name),
        'sh',
        '-c',
        `setsid ${ptp4l} </dev/null >/run/p.log 2>&1 & setsid phc2sys -a -rr -m -R 8 --step_threshold 0.00002 </dev/null >/run/s.log 2>&1 &`,
      )
  isStarted = true
  for (const end = performance.now() + 40_000; ; await sleep(300)) {
    const rows = rowsIn((await sync(lab, '--json', '--offset', '20us')).stdout)
    if (rows.filter(({ ok }) => ok).length === 2) return
    if (performance.now() > end) assert.unreachable(JSON.stringify(rows))
  }
}

test.unless(
  reason,
  'every clock says how it stands, by whom it is kept, and that nobody keeps it',
  on(async lab => {
    await inStep(lab)
    const found = stateOf(lab)
    const { code, stdout, stderr } = await sync(lab, '--json')
    assert.equal([code, stderr], [0, ''])
    const [a, b, c] = rowsIn(stdout)
    for (const row of [a, b]) {
      assert.equal([row?.keeper, row?.portState], ['ptp4l eth0', 'SLAVE'])
      assert.ok(Math.abs(Number(row?.phcOffset)) < 100_000 && Math.abs(Number(row?.systemOffset)) < 100_000)
      assert.ok(Number(row?.pathDelay) > 0)
      assert.type(row?.frequency, 'number')
    }
    assert.is(a?.grandmaster, b?.grandmaster)
    assert.equal([c?.keeper, c?.failures], ['nobody', ['nobody keeps it']])
    const shown = await sync(lab)
    assert.match(shown.stdout, /^host +clock +port +offset +trend +path +freq +system +follows\nA +ptp4l eth0 +SLAVE /)
    await untilAsFound(lab, found)
  }),
  { limitMs },
)

test.unless(
  reason,
  'with a limit the exit code tells whether all are within it',
  on(async lab => {
    await inStep(lab)
    const { code, stdout } = await commandAt(process.cwd(), ['sync', 'A,B', '-i', lab.inventory, '--offset', '1ms'])
    assert.is(code, 0, stdout)
    const tight = await sync(lab, '--offset', '1ms')
    assert.is(tight.code, 3)
    assert.match(tight.stdout, /C +nobody .*nobody keeps it/)
  }),
  { limitMs },
)

test.unless(
  reason,
  'a host that falls silent in the middle of a watch says so, and is there again when it can',
  on(async lab => {
    await inStep(lab)
    const kept = keptIo(process.cwd())
    const interrupt = new AbortController()
    const io = { ...kept.io, env: { PATH: process.env['PATH'] }, interrupted: interrupt.signal }
    const args = ['sync', 'A,B', '-i', lab.inventory, '--watch', '--every', '500ms', '--json']
    const ended = main(args, io)
    const until = async (fits: (row: Row) => boolean) => {
      for (
        const end = performance.now() + 40_000;
        !rowsIn(kept.stdout() || '{}')
          .slice(-2)
          .some(fits);
        await sleep(100)
      )
        if (performance.now() > end) assert.unreachable(kept.stdout() + kept.stderr())
    }
    await until(({ host, portState }) => host === 'B' && portState === 'SLAVE')
    await cutLink(lab.name, 'B', true)
    try {
      await until(({ host, error }) => host === 'B' && error !== undefined)
    } finally {
      await healLink(lab.name, 'B', true)
    }
    await until(({ host, portState }) => host === 'B' && portState !== undefined)
    interrupt.abort('SIGINT')
    assert.is(await ended, 0, kept.stderr())
  }),
  { limitMs },
)

test.unless(
  reason,
  'a watch has an end when it is told how many looks, and lines where there is no screen',
  on(async lab => {
    await inStep(lab)
    const { code, stdout } = await sync(lab, '--count', '3', '--every', '200ms')
    assert.is(code, 0)
    const lines = stdout.trimEnd().split('\n')
    assert.is(lines.length, 9)
    assert.match(
      lines[0] ?? '',
      /^A {2}ptp4l eth0 {2}SLAVE {2}offset \S+ {2}path \d+ns {2}freq \S+ ppb {2}system \S+ {2}/,
    )
  }),
  { limitMs },
)

test.run()
