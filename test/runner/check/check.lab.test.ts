import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import type { CheckEvent, CheckEventOf, StepPreview } from '../../../src/runner/check/events.ts'
import { fastPlaybook } from '../../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { keptIo } from '../../fixtures/io.ts'
import { hostNamed, labReason } from '../../fixtures/lab.ts'
import { runToEnd, startRun, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('runner/check')
const shared = sharedLab({})
const reason = labReason()
const limitMs = 120_000

/** A test with a lab and a folder of its own; afterwards the hosts are as they were, and no file of theirs was written. */
function onLab(title: string, body: (lab: Lab, cwd: string) => Promise<void>): void {
  const guarded = (lab: Lab) =>
    withRuns(async cwd => {
      const found = stateOf(lab)
      await body(lab, cwd)
      await untilAsFound(lab, found, { withinMs: 5_000 })
    })
  test.unless(reason, title, shared.on(guarded), { limitMs })
}

/** What is older was there before the lab; the same instant for every look. */
const since = new Date(Date.now() - 60_000).toISOString()

/**
 * Every file and folder where a host has its own, with its size and times, but for sshd's book of logins, the lab's own
 * clocks, and the accounts, which other tests make on this machine. The rest of the disk is this machine's.
 */
const filesOn = (lab: Lab): readonly string[] =>
  lab.hosts.flatMap(host => {
    const own = ['/etc', '/home', '/root', '/run', '/srv', '/tmp', '/var/tmp']
    const accounts = ['passwd*', 'group*', 'shadow*', 'gshadow*', 'subuid*', 'subgid*', '.pwd.lock', 'sudoers.d*']
    const others = ['/run/utmp', '/run/vclock', ...accounts.map(name => `/etc/${name}`), '/home/lockstep*']
    const skipped = others.flatMap(path => ['-path', path, '-prune', '-o'])
    const touched = ['!', '-path', '/etc', '!', '-path', '/home']
    return onHost(
      host,
      'find',
      ...own,
      '-ignore_readdir_race',
      ...skipped,
      ...touched,
      '-newermt',
      since,
      '-printf',
      `${host.name} %p %s %T@ %C@\n`,
    )
      .split('\n')
      .toSorted()
  })

async function check(lab: Lab, cwd: string, file: string, more: readonly string[] = [], interrupted?: AbortSignal) {
  const kept = keptIo(cwd)
  const io = { ...kept.io, env: { PATH: process.env['PATH'] }, ...(interrupted === undefined ? {} : { interrupted }) }
  const code = await main(['run', file, '-i', lab.inventory, '--runs', 'check-runs', '--check', ...more], io)
  assert.not(existsSync(join(cwd, 'check-runs')), 'a check made a run folder')
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

async function events(lab: Lab, cwd: string, playbook: string, more: readonly string[] = []) {
  writeFileSync(join(cwd, 'check.yml'), playbook)
  const { code, stdout, stderr } = await check(lab, cwd, 'check.yml', ['--json', ...more])
  const all = stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as CheckEvent]))
  const of = <Kind extends CheckEvent['kind']>(kind: Kind) =>
    all.filter((event): event is CheckEventOf<Kind> => event.kind === kind)
  return { code, stdout, stderr, of, steps: of('step_checked').flatMap(({ hosts }) => hosts) }
}

/** `A unchanged`, and of files what would become of each. */
const told = ({ host, outcome, files = [] }: StepPreview) =>
  [`${host} ${outcome}`, ...files.map(each => [each.outcome, ...(each.why ?? [])].join(' '))].join(', ')

const steps = (setup: string) => `name: Steps\nhosts: {A: root@10.0.0.1, B: root@10.0.0.2}\nsetup:\n${setup}\n`

onLab('a check of every step reads, writes nothing on any host, and makes no run folder', async (lab, cwd) => {
  const playbook = join(process.cwd(), 'playbooks/every-step.yml')
  const before = filesOn(lab)
  const { code, stdout, stderr } = await check(lab, cwd, playbook, ['--diff'])
  assert.equal(filesOn(lab), before)
  assert.equal([code, stderr], [0, ''])
  for (const line of [
    'A, B, C: would claim: facts.cpus >= 1; facts.kernel is search',
    'A, B, C: would run: mkdir -p /tmp/lockstep-every-step',
    "A, B, C: depends on the result of 'Look at the links'",
    'A, B (two): would run: touch /tmp/lockstep-every-step/two',
    'A, B, C: would wait until 127.0.0.1 port 22 accepts connections',
    'local: would run: echo "$0"',
    '12 As another user; as nobody',
    '/tmp/lockstep-every-step/*.txt: nothing there now',
    '+host = ',
    'nothing was changed',
  ])
    assert.ok(stdout.includes(line), `${line} is not in\n${stdout}`)
  assert.not.match(stdout, 'not-for-the-log')
})

onLab('a pushed file is unchanged, changed or new, by content, mode and owner', async (lab, cwd) => {
  mkdirSync(join(cwd, 'tree/inner'), { recursive: true })
  writeFileSync(join(cwd, 'tree/one'), 'one\n')
  writeFileSync(join(cwd, 'tree/inner/two'), 'two\n')
  writeFileSync(join(cwd, 'file'), 'first\nsecond\n')
  const playbook = steps(
    [
      '  - push: {from: file, to: /var/tmp/pushed/file, mode: "0640", owner: "nobody:nogroup", keep: true}',
      '  - push: {from: tree, to: /var/tmp/pushed/tree, keep: true}',
      '  - pull: [/var/tmp/pushed/f*, /var/tmp/nothing]',
    ].join('\n'),
  )
  const hostA = hostNamed(lab, 'A')
  const missing = 'the folder that it goes into is not there now'
  const fresh = await events(lab, cwd, playbook)
  assert.equal([fresh.code, fresh.stderr], [0, ''])
  assert.equal(fresh.steps.filter(({ host }) => host === 'A').map(told), [
    `A would_do, new ${missing}`,
    `A would_do, new ${missing}, new ${missing}, new ${missing}, new ${missing}`,
    'A would_do, missing, missing',
  ])
  for (const host of [hostA, hostNamed(lab, 'B')]) onHost(host, 'mkdir', '/var/tmp/pushed')
  const run = await runToEnd(lab, cwd, playbook.replace(', /var/tmp/nothing', ''), { file: 'run.yml' })
  assert.is(run.code, 0, JSON.stringify(run.problems))
  const same = await events(lab, cwd, playbook)
  assert.equal(
    same.of('step_checked').map(({ hosts }) => hosts.map(({ host, outcome }) => `${host} ${outcome}`).join(', ')),
    ['A unchanged, B unchanged', 'A unchanged, B unchanged', 'A would_do, B would_do'],
  )
  assert.equal(
    same.steps.at(-1)?.files?.map(each => `${each.path} ${each.outcome}`),
    ['/var/tmp/pushed/file found', '/var/tmp/nothing missing'],
  )
  onHost(hostA, 'sh', '-c', 'cd /var/tmp/pushed && printf "first\\nother\\n" >file && chmod 600 file && chown 0:0 file')
  onHost(
    hostA,
    'sh',
    '-c',
    'cd /var/tmp/pushed && rm tree/one && ln -s file tree/one && mkdir x && mv -T x tree/inner/y',
  )
  const other = await events(lab, cwd, playbook, ['--diff'])
  assert.equal(
    other.steps
      .filter(({ host }) => host === 'A')
      .map(told)
      .slice(0, 2),
    [
      'A would_do, change content mode 0600 to 0640 owner',
      'A would_do, unchanged, unchanged, unchanged, change a symbolic link is there',
    ],
  )
  const path = '/var/tmp/pushed/file'
  assert.is(other.steps[0]?.files?.[0]?.diff, `--- ${path}\n+++ ${path}\n@@ -1,2 +1,2 @@\n first\n-other\n+second\n`)
  for (const host of [hostA, hostNamed(lab, 'B')]) onHost(host, 'rm', '-r', '/var/tmp/pushed')
})

onLab('a secret stands in no output of a check, also where a diff would show it', async (lab, cwd) => {
  writeFileSync(join(cwd, 'x.j2'), 'pin = {{ pin }}\n')
  const playbook = steps(
    [
      '  - template: {from: x.j2, to: /var/tmp/x}',
      '  - {template: {from: x.j2, to: /var/tmp/x}, secret: true}',
      '  - {run: test "$PIN", env: {PIN: "{{ pin }}"}, stdin: "{{ pin }}"}',
    ].join('\n'),
  ).replace('setup:', 'vars: {pin: top-secret-pin}\nsecrets: [pin]\nsetup:')
  const { code, stdout, stderr, steps: previews } = await events(lab, cwd, playbook, ['--diff'])
  assert.equal([code, stderr], [0, ''])
  assert.match(previews[0]?.files?.[0]?.diff ?? '', /^\+pin = \*{8}$/m)
  assert.is(previews[2]?.files?.[0]?.diff, undefined)
  assert.not.match(stdout, 'top-secret-pin')
})

onLab('a test: its hosts are looked at as in a run, and every process is named', async (lab, cwd) => {
  const found = await events(lab, cwd, fastPlaybook({ name: 'Fast' }))
  assert.equal([found.code, found.stderr], [0, ''])
  assert.equal(
    found.of('phase_planned').map(({ phase }) => phase),
    ['sync', 'receivers', 'gate', 'traffic', 'collect', 'judge'],
  )
  assert.match(found.of('phase_planned')[0]?.lines.join('\n') ?? '', /^A: ptp4l -i eth0 /m)
  assert.match(found.of('phase_planned')[1]?.lines.join('\n') ?? '', /isochron rcv --interface eth0 /)
  assert.equal(
    found
      .of('host_ready')
      .map(({ host }) => host)
      .toSorted(),
    ['A', 'B', 'C'],
  )
})

onLab('what keeps a test from a host is exit code 4, and a warning where a set-up comes first', async (lab, cwd) => {
  const text = fastPlaybook({ name: 'Fast' })
  const wrong = ['-e', 'interface=nope0']
  const refused = await events(lab, cwd, text, wrong)
  assert.is(refused.code, 4)
  assert.equal(
    refused.of('problem').map(({ problem }) => [problem.code, problem.message]),
    ['A', 'B', 'C'].map(host => ['HOST_INTERFACE', `${host} has no interface nope0`]),
  )
  assert.match(refused.stderr, 'B has no interface nope0')
  const later = await events(lab, cwd, `${text}\nsetup:\n  - run: ip link add nope0 type dummy\n`, wrong)
  assert.equal([later.code, later.of('problem').length], [0, 0])
  assert.equal(
    later.of('warning').map(({ message }) => message),
    ['A', 'B', 'C'].map(host => `${host} has no interface nope0, so far`),
  )
})

onLab('hosts that cannot be used are all told, with exit code 4; files that are wrong are 2', async (lab, cwd) => {
  writeFileSync(
    join(cwd, 'more.ini'),
    'D ansible_host=127.0.0.1 ansible_port=1\nE ansible_host=127.0.0.1 ansible_port=1\n',
  )
  const playbook = 'name: Far\nhosts: {A: a, D: d, E: e}\nsetup:\n  - run: "true"\n'
  const far = await events(lab, cwd, playbook, ['-i', 'more.ini'])
  assert.is(far.code, 4)
  assert.equal(
    far
      .of('problem')
      .map(({ host, problem }) => `${host} ${problem.code}`)
      .toSorted(),
    ['D SSH_UNREACHABLE', 'E SSH_UNREACHABLE'],
  )
  assert.equal(far.steps, [])
  const wrong = await events(lab, cwd, steps('  - run: "{{ facts.governor.nothing }}"'))
  assert.is(wrong.code, 2)
  assert.equal(wrong.steps.map(told), ['A wrong', 'B wrong'])
})

onLab('a run that holds the hosts is told, and is not disturbed', async (lab, cwd) => {
  const playbook = 'name: Long\nhosts: {A: a, B: b}\nsetup:\n  - wait_for: {file: /var/tmp/go-on, every: 50ms}\n'
  const run = startRun(lab, cwd, playbook, { file: 'long.yml' })
  await run.until('step_started')
  const held = await events(lab, cwd, steps('  - run: hostname'))
  assert.is(held.code, 5)
  assert.equal(
    held.of('warning').map(({ host }) => host),
    ['A', 'B'],
  )
  assert.match(held.of('warning')[0]?.message ?? '', /^another run holds this host: \S+@\S+ for long\.yml since /)
  assert.equal(held.steps.map(told), ['A would_do', 'B would_do'])
  for (const name of ['A', 'B']) onHost(hostNamed(lab, name), 'touch', '/var/tmp/go-on')
  const { code } = await run.ended
  for (const name of ['A', 'B']) onHost(hostNamed(lab, name), 'rm', '/var/tmp/go-on')
  assert.is(code, 0)
  const free = await events(lab, cwd, steps('  - run: hostname'))
  assert.equal([free.code, free.of('warning')], [0, []])
})

onLab('a claim that nobody holds any more is none', async (lab, cwd) => {
  const host = hostNamed(lab, 'A')
  // Process 1 of the host is alive, and was started at another time.
  for (const text of ['1 1 somebody', '999999 7 somebody', '', 'rubbish']) {
    onHost(host, 'sh', '-c', 'printf "%s\\n" "$1" >/run/lock/lockstep.claim', 'sh', text)
    const free = await events(lab, cwd, steps('  - run: hostname'))
    assert.equal([free.code, free.of('warning')], [0, []], text)
  }
  onHost(host, 'rm', '/run/lock/lockstep.claim')
})

onLab('Ctrl-C ends a check with 130', async (lab, cwd) => {
  writeFileSync(join(cwd, 'check.yml'), steps('  - run: hostname'))
  const { code, stderr } = await check(lab, cwd, 'check.yml', [], AbortSignal.abort('SIGINT'))
  assert.is(code, 130)
  assert.match(stderr, 'USER_INTERRUPT')
})

test.run()
