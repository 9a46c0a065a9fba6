import { readdirSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { playbookKeys } from '../../src/playbook/reference.ts'
import { withEditor, withEditors } from '../fixtures/language-server.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/editor')

const file = 'playbooks/two-senders.yml'
const text = readFileSync(file, 'utf8')
/** The text with the gate written as a block, its keys as given. */
const withGate = (...keys: readonly string[]) => text.replace(/gate: \{.*\}/, ['gate:', ...keys].join('\n    '))
const lineOf = (whole: string, line: string) => whole.split('\n').indexOf(line)

test('an editor finds nothing wrong with the playbooks', () =>
  withEditors(async editorOf => {
    for (const name of readdirSync('playbooks').filter(each => each.endsWith('.yml'))) {
      const editor = editorOf(`playbooks/${name}`)
      const whole = readFileSync(`playbooks/${name}`, 'utf8')
      assert.equal(await editor.show(whole), [], name)
      // It has read our schema: without one it would find nothing wrong here either.
      assert.is((await editor.show(`${whole}\nhsts: 1\n`)).length, 1, name)
    }
  }))

test('an editor completes the keys of the gate and says what they mean', () =>
  withEditor(file, async editor => {
    const open = withGate('offset: 100ns', '')
    await editor.show(open)
    const items = await editor.complete(lineOf(open, '    '), 4)
    const others = playbookKeys().filter(({ path }) => /^sync\.gate\.(?!offset$)/.test(path))
    assert.ok(others.length >= 4)
    assert.equal(items.map(({ label }) => `sync.gate.${label}`).toSorted(), others.map(({ path }) => path).toSorted())
    for (const { path, meaning } of others) {
      const item = items.find(({ label }) => path.endsWith(`.${label}`))
      assert.ok(item?.documentation?.startsWith(meaning), path)
    }
  }))

test('an editor completes the options of a flow, but none that cannot be set', () =>
  withEditor(file, async editor => {
    const open = text.replace(/ {2}b: \{.*\}/, '  b:\n    from: B\n    to: C\n    ')
    await editor.show(open)
    const labels = (await editor.complete(lineOf(open, '    '), 4)).map(({ label }) => label)
    for (const key of ['receiver', 'expect', 'cycle-time', 'etype']) assert.ok(labels.includes(key), key)
    for (const key of ['from', 'interface', 'output-file']) assert.not(labels.includes(key), key)
  }))

test('an editor completes the kinds and modifiers of a step, and the parameters of a kind', () =>
  withEditor(file, async editor => {
    const open = `${text}setup:\n  - run: echo\n    \n`
    await editor.show(open)
    const labels = (await editor.complete(lineOf(open, '    '), 4)).map(({ label }) => label)
    for (const key of ['when', 'as', 'retries', 'become']) assert.ok(labels.includes(key), key)
    const push = `${text}setup:\n  - push:\n      from: a\n      \n`
    await editor.show(push)
    const items = await editor.complete(lineOf(push, '      '), 6)
    // Beside the keys it offers the whole mapping, under its title.
    const keys = items.map(({ label }) => label).filter(label => !label.includes(' '))
    assert.equal(keys.toSorted(), ['keep', 'mode', 'owner', 'to'])
    assert.match(items.find(({ label }) => label === 'keep')?.documentation ?? '', /^Whether it stays on the host/)
  }))

test('an editor completes the keys of a command and of its figures, and marks what is wrong in them', () =>
  withEditor(file, async editor => {
    const command = (...lines: readonly string[]) =>
      `${text.replace(/flows:[\s\S]*/, '')}flows:\n  own:\n    from: A\n    to: C\n    command:\n${lines.join('\n')}\n`
    const labelsAt = async (whole: string, line: string) => {
      await editor.show(whole)
      const items = await editor.complete(lineOf(whole, line), line.length)
      return items.map(({ label }) => label).filter(label => !label.includes(' '))
    }
    const keys = await labelsAt(command('      sender: x', '      '), '      ')
    assert.equal(keys.toSorted(), ['figures', 'grace', 'lasts', 'ok_codes', 'once', 'ready', 'receiver'])
    const figure = ['      sender: x', '      figures:', '        rate:']
    const inside = await labelsAt(command(...figure, '          csv: 1', '          '), '          ')
    assert.equal(inside.filter(key => !['json', 'regex'].includes(key)).toSorted(), ['of', 'take', 'unit'])
    const units = await labelsAt(command(...figure, '          csv: 1', '          unit: '), '          unit: ')
    for (const unit of ['ms', 'Mbit/s', '"%"']) assert.ok(units.includes(unit), `${unit}: ${units}`)
    assert.equal(await editor.show(command(...figure, '          {csv: 1, unit: ms}')), [])
    assert.ok((await editor.show(command(...figure, '          {csv: 1, unit: parsecs}'))).length > 0)
    assert.ok((await editor.show(command(...figure, '          {unit: ms}'))).length > 0)
  }))

test('an editor marks a step that does two things, and one that does nothing', () =>
  withEditor(file, async editor => {
    for (const step of ['{run: a, pause: 5s}', '{name: nothing}'])
      assert.ok((await editor.show(`${text}setup:\n  - ${step}\n`)).length > 0, step)
    assert.equal(await editor.show(`${text}setup:\n  - {run: a, name: something}\n`), [])
  }))

test('an editor marks a misspelt key where it stands, and a value without its unit', () =>
  withEditor(file, async editor => {
    const misspelt = withGate('offset: 100ns', 'god: 3')
    const [wrong, ...more] = await editor.show(misspelt)
    assert.equal(more, [])
    assert.match(wrong?.message ?? '', /\bgod\b/)
    assert.equal(wrong?.range.start, { line: lineOf(misspelt, '    god: 3'), character: 4 })

    const unitless = withGate('offset: 100')
    const lines = (await editor.show(unitless)).map(({ range }) => range.start.line)
    assert.ok(lines.length > 0)
    assert.ok(lines.every(line => line === lineOf(unitless, '    offset: 100')))
  }))

test.run()
