import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { keptIo } from '../../fixtures/io.ts'
import { good } from '../../fixtures/playbooks.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/check')

/** Runs `lockstep check` in a folder that holds these files. */
async function check(files: Readonly<Record<string, string>>, ...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-check-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
    const kept = keptIo(cwd)
    const code = await main(['check', ...args], kept.io)
    return { code, stdout: kept.stdout(), stderr: kept.stderr() }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

test('a good file gets one line', async () => {
  assert.equal(await check({ 'p.yml': good }, 'p.yml'), {
    code: 0,
    stdout: 'p.yml: ok (3 hosts, 2 flows)\n',
    stderr: '',
  })
})

test('every problem of every file is framed, and good files beside it still get their line', async () => {
  const bad = good.replace('cycle-time: 10ms', 'cycle-tme: 10ms').replace('to: C, base', 'to: D, base')
  const { code, stdout, stderr } = await check({ 'a.yml': bad, 'b.yml': good }, 'a.yml', 'b.yml')
  assert.is(code, 2)
  assert.is(stdout, 'b.yml: ok (3 hosts, 2 flows)\n')
  assert.equal(stderr.split('\n'), [
    "a.yml:15:3: there is no key 'cycle-tme' here  [SCHEMA_UNKNOWN_KEY]",
    '     15 |   cycle-tme: 10ms',
    '        |   ^',
    "      hint: did you mean 'cycle-time'?",
    "a.yml:19:20: there is no host 'D' in this playbook  [PLAYBOOK_HOST]",
    '     19 |   b: {from: B, to: D, base-time: 100ns}',
    '        |                    ^',
    '      hint: known here: A, B, C',
    '',
  ])
})

test('-i, --bind and -e have their say', async () => {
  const text = good.replace('num-frames: 10', 'num-frames: "{{ n }}"').replace('B: root@10.0.0.2', 'B:')
  const files = { 'p.yml': text, lab: 'node7\n', 'x.yml': 'n: 5\n' }
  assert.is((await check(files, 'p.yml', '-i', 'lab', '--bind', 'B=node7', '-e', 'n=7')).code, 0)
  assert.is((await check(files, 'p.yml', '-i', 'lab', '--bind', 'B=node7', '-e', '@x.yml')).code, 0)
  assert.is((await check(files, 'p.yml', '-i', 'lab', '--bind', 'B=node7', '-e', '{"n": 5}')).code, 0)
  const { code, stderr } = await check(files, 'p.yml', '-i', 'lab', '-e', 'n=many')
  assert.is(code, 2)
  assert.match(stderr, /host B has no address/)
  assert.match(stderr, /num-frames: expected a count, a bare whole number, got 'many'/)
})

test('--limit leaves some of the hosts that a pattern selects', async () => {
  const hosts = 'hosts: all\n'
  const files = {
    'p.yml': good.replace(/hosts:\n( {2}.*\n){3}/, hosts),
    'named.yml': good,
    lab: '[bench]\nA\nB\nC\nD\n[spare]\nE\n',
    keep: 'C\nA\nB\n',
  }
  for (const limit of ['A,B,C', '!D:!spare', '@keep']) {
    const { code, stdout } = await check(files, 'p.yml', '-i', 'lab', '--limit', limit)
    assert.is(code, 0, limit)
    assert.is(stdout, 'p.yml: ok (3 hosts, 2 flows)\n', limit)
  }
  const wrong: [string[], RegExp][] = [
    [['p.yml', '--limit', 'A,B'], /there is no host 'C' in this playbook {2}\[PLAYBOOK_HOST\]/],
    [['p.yml', '--limit', 'bnch'], /^p\.yml:2:8: the limit 'bnch' leaves no host of 'all' {2}\[INVENTORY_LIMIT\]/],
    [['p.yml', '--limit', 'bench,F'], /^p\.yml:2:8: --limit bench,F: 'F' matches no host.*\[INVENTORY_LIMIT\]/],
    [['p.yml', '--limit', '@none'], /there is no file 'none' {2}\[INVENTORY_LIMIT\]/],
    [['named.yml', '--limit', 'A'], /--limit A: the hosts of this playbook are names, not a pattern/],
  ]
  for (const [args, expected] of wrong) {
    const { code, stderr } = await check(files, ...args, '-i', 'lab')
    assert.is(code, 2, args.join(' '))
    assert.match(stderr, expected)
  }
})

test('what stands wrong on the command line is said, exit 2', async () => {
  const cases: [string[], RegExp][] = [
    [['none.yml'], /cannot read none\.yml: there is no such file {2}\[USAGE_FILE\]/],
    [['.'], /cannot read \.: it is a folder/],
    [['p.yml', '--bind', 'A'], /--bind A: expected NAME=HOST {2}\[USAGE_VALUE\]/],
    [['p.yml', '--bind', 'A=x', '--bind', 'A=y'], /A is x already/],
    [['p.yml', '-e', 'x'], /-e x: expected name=value/],
    [['p.yml', '-e', '@none'], /cannot read none/],
    [['p.yml', '-e', '@list.yml'], /list\.yml:1:1: expected a mapping of variables/],
    [[], /missing required argument 'playbook'/],
  ]
  for (const [args, expected] of cases) {
    const { code, stderr } = await check({ 'p.yml': good, 'list.yml': '- 1\n' }, ...args)
    assert.is(code, 2, args.join(' '))
    assert.match(stderr, expected)
  }
})

test('a file that is not UTF-8 is refused', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-check-'))
  writeFileSync(join(cwd, 'p.yml'), Buffer.from([0x6e, 0xff, 0xfe]))
  const kept = keptIo(cwd)
  assert.is(await main(['check', 'p.yml'], kept.io), 2)
  assert.match(kept.stderr(), /it is not UTF-8/)
  rmSync(cwd, { recursive: true })
})

test('every example in playbooks/ is fine', async () => {
  const kept = keptIo(process.cwd())
  const examples = ['playbooks/two-senders.yml', 'playbooks/two-senders-long-form.yml']
  assert.is(await main(['check', ...examples], kept.io), 0)
  assert.is(kept.stdout(), examples.map(file => `${file}: ok (3 hosts, 2 flows)\n`).join(''))
})

test.run()
