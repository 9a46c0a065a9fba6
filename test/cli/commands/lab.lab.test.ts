import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { labDown } from '../../../src/lab/down.ts'
import { labPaths } from '../../../src/lab/folder.ts'
import { commandAt, withFolder } from '../../fixtures/command.ts'
import { keptIo } from '../../fixtures/io.ts'
import { freshName, labReason, say } from '../../fixtures/lab.ts'
import { tracesOf } from '../../fixtures/lab-traces.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/lab')
const reason = labReason()

async function lab(...args: string[]) {
  const kept = keptIo(process.cwd())
  const code = await main(['lab', ...args], kept.io)
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

test.unless(reason, 'twenty hosts are made, looked at, disturbed and taken down from the command line', async () => {
  const name = freshName()
  const on = ['--name', name]
  try {
    const up = await lab('up', '--hosts', '20', '--fast-ptp', ...on)
    assert.is(up.code, 0)
    assert.match(up.stdout, new RegExp(`^lab '${name}' is up: 20 hosts in \\d+\\.\\d s\n {2}n1 +198\\.`))
    const login = await say(['ssh', '-F', labPaths(name).sshConfig, 'n20', 'hostname'])
    assert.is(login.stdout, 'n20\n')

    const offsets = async () => {
      const { hosts } = JSON.parse((await lab('status', '--json', ...on)).stdout) as {
        hosts: { name: string; phcOffset: string; link: string; power: string }[]
      }
      return hosts
    }
    const before = await offsets()
    assert.is(before.length, 20)
    assert.equal(await lab('clock', 'n2', 'step', 'phc', '-5s', ...on), { code: 0, stdout: '', stderr: '' })
    const stepped = Number((await offsets())[1]?.phcOffset) - Number(before[1]?.phcOffset)
    assert.ok(Math.abs(stepped + 5e9) < 1e6, `${stepped} ns`)
    assert.is((await lab('clock', 'n2', 'drift', 'system', '-20ppm', ...on)).code, 0)

    assert.is((await lab('power', 'n3', 'off', ...on)).stdout, 'n3 is now off\n')
    assert.is((await lab('power', 'n3', 'off', ...on)).stdout, 'n3 is already off\n')
    assert.is((await lab('link', 'n4', 'cut', ...on)).code, 0)
    assert.is((await lab('link', 'n5', 'cut', '--ssh-only', ...on)).code, 0)
    const { stdout } = await lab('status', ...on)
    for (const [host, line] of [
      ['n3', / off +off +- +-$/],
      ['n4', / on +cut +-?[\d.]+s/],
      ['n5', / on +no ssh +/],
    ] as const)
      assert.match(stdout.split('\n').find(each => each.trim().startsWith(`${host} `)) ?? '', line)
    assert.equal(await lab('exec', 'n4', ...on, '--', 'sh', '-c', 'hostname; exit 9'), {
      code: 9,
      stdout: 'n4\n',
      stderr: '',
    })
    assert.equal(await lab('down', ...on), { code: 0, stdout: `lab '${name}' is gone\n`, stderr: '' })
    assert.equal(tracesOf(name), [])
  } finally {
    await labDown(name)
  }
})

test.unless(reason, 'what is not there is named, with what is', async () => {
  const name = freshName()
  try {
    await lab('up', '--hosts', 'A,B', '--name', name)
    const nobody = await lab('power', 'D', 'off', '--name', name)
    assert.is(nobody.code, 4)
    assert.match(nobody.stderr, `there is no host 'D' in lab '${name}'  [LAB_UNKNOWN]\n      hint: there are: A, B\n`)
    const nowhere = await lab('status', '--name', `${name}-x`)
    assert.is(nowhere.code, 4)
    assert.match(nowhere.stderr, `there is no lab '${name}-x'  [LAB_UNKNOWN]`)
    assert.equal(tracesOf(`${name}-x`), [], 'asking makes nothing')
    await lab('power', 'A', 'off', '--name', name)
    const off = await lab('exec', 'A', '--name', name, '--', 'true')
    assert.is(off.code, 4)
    assert.match(off.stderr, `hint: lockstep lab power A on --name ${name}`)
  } finally {
    await labDown(name)
  }
})

test('a command line that cannot be read is refused before anything is touched', async () => {
  for (const [args, message] of [
    [['up', '--hosts', 'A,A'], "there are two hosts named 'A'"],
    [['up', '--name', '../x'], "'../x' cannot name a lab"],
    [['clock', 'A', 'step', 'phc', '50'], "'50' is no step of a clock"],
    [['clock', 'A', 'step', 'rtc', '50us'], 'Allowed choices are system, phc'],
    [['power', 'A', 'maybe'], 'Allowed choices are off, on'],
    [['link', 'A', 'cut', '--sshonly'], "unknown option '--sshonly'"],
    [['fly'], "unknown command 'fly'"],
  ] as const) {
    const { code, stdout, stderr } = await lab(...args)
    assert.equal([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
  }
})

test.unless(reason, 'a lab is made as its file says; the command line wins', async () => {
  const name = freshName()
  const text =
    'hosts: [A, B, C]\nname: other\nfast_ptp: true\nclocks: {B: {phc: {step: 90s}}}\nlinks: {A: cut, C: cut-ssh}\n'
  await withFolder({ 'lab.yml': text }, async cwd => {
    try {
      const up = await commandAt(cwd, ['lab', 'up', '-f', join(cwd, 'lab.yml'), '--name', name])
      assert.match(up.stdout, new RegExp(`^lab '${name}' is up: 3 hosts`), up.stderr)
      const { hosts } = JSON.parse((await lab('status', '--json', '--name', name)).stdout) as {
        hosts: { name: string; phcOffset: string; link: string }[]
      }
      assert.equal(
        hosts.map(({ link }) => link),
        ['cut', 'up', 'no ssh'],
      )
      // The seed puts clocks at most a minute apart.
      assert.ok(Number(hosts[1]?.phcOffset) > 25e9, hosts[1]?.phcOffset)
    } finally {
      await labDown(name)
    }
  })
})

test.run()
