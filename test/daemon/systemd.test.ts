import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import { notifierFor, watchdogMs } from '../../src/daemon/notify.ts'
import { capabilityNames } from '../../src/daemon/privileges.ts'
import { unitFile, unitWord } from '../../src/daemon/unit-file.ts'
import { withEndpoint } from '../fixtures/endpoint.ts'
import { refusal, until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { keepings, withRig } from '../fixtures/test-processes.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('systemd')

const lacks = (program: string) =>
  spawnSync(program, ['--version']).status === 0 ? undefined : `${program} is not installed`
const noNotify = lacks('systemd-notify') ?? lacks('perl')
const noAnalyze = lacks('systemd-analyze')

/** The manager's end: a datagram socket; each message as JSON, a barrier is let go. */
const receiver = String.raw`
use Socket;
my ($path) = @ARGV;
socket my $socket, AF_UNIX, SOCK_DGRAM, 0 or die;
bind $socket, sockaddr_un($path =~ s/^\@/\0/r) or die "bind: $!";
$| = 1;
print "listening\n";
while (defined recv $socket, my $text, 65536, 0) { print join(" | ", split /\n/, $text), "\n" unless $text =~ /^BARRIER=1/ }
`

async function withManager(socket: string, use: (messages: readonly string[]) => Promise<void>): Promise<void> {
  const manager = spawn('perl', ['-e', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(manager, 'exit')
  const messages: string[] = []
  createInterface(manager.stdout).on('line', line => messages.push(line))
  try {
    await until(() => messages.length === 1)
    await use(messages)
  } finally {
    manager.kill('SIGKILL')
    await exited
  }
}

const noFault = (error: Error) => assert.unreachable(error.message)
const well = () => true

for (const kind of ['in the file system', 'of an abstract name'])
  test.unless(noNotify, `readiness, status and stopping reach a socket ${kind}`, () =>
    withFolder(async folder => {
      const socket = kind === 'in the file system' ? join(folder, 'notify') : `@lockstep-test-${process.pid}`
      await withManager(socket, async messages => {
        const notifier = notifierFor({ NOTIFY_SOCKET: socket }, well, noFault)
        await notifier?.ready('3 reservations')
        await notifier?.status('draining;\n$(id) "%s" READY=0')
        await notifier?.stopping()
        await until(() => messages.length === 4)
        assert.equal(messages, [
          'listening',
          'READY=1 | STATUS=3 reservations',
          'STATUS=draining; $(id) "%s" READY=0',
          'STOPPING=1',
        ])
      })
    }),
  )

test.unless(noNotify, 'the watchdog is fed from readiness to stopping, and only while all is well', () =>
  withFolder(async folder => {
    const socket = join(folder, 'notify')
    await withManager(socket, async messages => {
      let isWell = true
      const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '90000', WATCHDOG_PID: String(process.pid) }
      const notifier = notifierFor(env, () => isWell, noFault)
      await notifier?.ready('up')
      const fed = () => messages.filter(each => each === 'WATCHDOG=1').length
      await until(() => fed() >= 3)
      isWell = false
      const before = fed()
      await new Promise(resolve => setTimeout(resolve, 500))
      assert.ok(fed() <= before + 1, 'one may have been under way')
      isWell = true
      await until(() => fed() > before + 1)
      await notifier?.stopping()
      await until(() => messages.at(-1) === 'STOPPING=1')
    })
  }),
)

test.unless(noNotify, 'lockstepd is ready when it listens, feeds the watchdog, and says that it stops', () =>
  withEndpoint(async place => {
    const socket = join(place.folder, 'notify')
    await withManager(socket, async messages => {
      const daemon = await place.start([], { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' })
      await until(() => messages.includes('WATCHDOG=1'))
      assert.is(await daemon.end('SIGTERM'), 0)
      assert.is(messages[1], `READY=1 | STATUS=listening on ${daemon.socket}`)
      await until(() => messages.at(-1) === 'STOPPING=1')
    })
  }),
)

test('nobody is told who has not asked', () => {
  assert.is(notifierFor({}, well, noFault), undefined)
  assert.is(notifierFor({ NOTIFY_SOCKET: '' }, well, noFault), undefined)
})

test.unless(noNotify, 'a manager that is not there is a fault', () =>
  withFolder(async folder => {
    const notifier = notifierFor({ NOTIFY_SOCKET: join(folder, 'nobody') }, well, noFault)
    const error = await refusal(notifier?.ready('up') ?? Promise.resolve())
    assert.is(error.code, 'BOOK_NOTIFY')
    assert.match(error.message, /^systemd was not told READY=1, STATUS=up: /)
  }),
)

test('the watchdog’s time is a third of what systemd gives, and it may be meant for another process', () => {
  assert.is(watchdogMs({ WATCHDOG_USEC: '30000000' }), 10_000)
  assert.is(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7), 10_000)
  assert.is(watchdogMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7), undefined)
  for (const time of [undefined, '', '0', '-1', 'soon', '1e9'])
    assert.is(watchdogMs({ WATCHDOG_USEC: time }), undefined)
})

const words: readonly (readonly [string, string])[] = [
  ['/usr/bin/node', '/usr/bin/node'],
  ['a b', '"a b"'],
  ['100%', '100%%'],
  ['$HOME', '"$$HOME"'],
  ['say "x\\y"', '"say \\"x\\\\y\\""'],
  ['', '""'],
  [';', '";"'],
]
for (const [word, written] of words)
  test(`the word ${JSON.stringify(word)} of a unit is written ${written}`, () => {
    assert.is(unitWord(word), written)
  })

test('a word that would begin another line is refused', () => {
  assert.throws(() => unitWord('x\nExecStartPre=/bin/evil'), RangeError)
})

const unit = (capabilities: Parameters<typeof unitFile>[0]['capabilities']) =>
  unitFile({ argv: [process.execPath, '/opt/lock step/100%/lockstepd.js', '$x'], group: 'root', capabilities })

function analyze(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8', timeout: 20_000 })
  return { status, text: `${stdout}${stderr}` }
}

for (const [what, capabilities, most] of [
  ['without capabilities', [], 4],
  ['with all that a profile can name', capabilityNames, 5],
] as const)
  test.unless(noAnalyze, `systemd takes the unit ${what}, and calls it sandboxed`, () =>
    withFolder(async folder => {
      const file = join(folder, 'lockstepd.service')
      await writeFile(file, unit(capabilities))
      assert.equal(analyze('verify', '--man=no', file), { status: 0, text: '' })
      const { text } = analyze('security', '--offline=true', '--no-pager', file)
      const exposure = Number(/Overall exposure level for lockstepd\.service: ([\d.]+)/.exec(text)?.[1])
      assert.ok(exposure > 0 && exposure <= most, `exposure ${exposure}\n${text}`)
    }),
  )

test.unless(noAnalyze, 'verify finds a setting that systemd does not know', () =>
  withFolder(async folder => {
    const file = join(folder, 'lockstepd.service')
    await writeFile(file, unit([]).replace('ProtectHome=', 'ProtectHouse='))
    assert.match(analyze('verify', '--man=no', file).text, /Unknown key.* 'ProtectHouse'/)
  }),
)

/** Root with the capabilities of the unit, and no other. */
const asTheUnitSays = (text: string) => {
  const names = /^CapabilityBoundingSet=(.*)$/m.exec(text)?.[1]?.toLowerCase().replaceAll('cap_', '').split(' ') ?? []
  const set = ['-all', ...names.map(name => `+${name}`)].join(',')
  return ['setpriv', '--no-new-privs', `--bounding-set=${set}`, '--inh-caps=-all', '--']
}

for (const keeping of keepings)
  test.unless(
    keeping.missing,
    `the unit’s capabilities are enough to start, find and end a test in ${keeping.name}`,
    () =>
      withRig(keeping, ({ rid, folder, stdout }) =>
        withVictims(
          'daemon-victim.ts',
          async start => {
            const script = 'trap "" TERM; cat /proc/self/status; while :; do sleep 0.05; done'
            const victim = start('over', keeping.name, rid, folder, 'sh', '-c', script)
            await victim.said()
            await until(() => stdout().includes('CapAmb'))
            victim.child.stdin?.write('end\n')
            assert.equal(await victim.said(), { killed: true, left: [] })
            // NET_ADMIN, NET_RAW, IPC_LOCK, SYS_NICE and SYS_TIME: bits 12, 13, 14, 23 and 25 of capability.h.
            assert.match(stdout(), /^CapEff:\s+0{8}02807000$/m)
          },
          { under: asTheUnitSays(unit(capabilityNames)) },
        ),
      ),
  )

test('what a profile needs is in the unit, and not without it', () => {
  assert.match(unit(['NET_RAW']), /^CapabilityBoundingSet=.* CAP_NET_RAW$/m)
  assert.match(unit(['NET_RAW']), /^RestrictAddressFamilies=.* AF_PACKET$/m)
  assert.match(unit(['SYS_TIME']), /^DeviceAllow=char-ptp rw$/m)
  assert.match(unit([]), /^PrivateDevices=yes$/m)
  assert.not.match(unit([]), /CAP_NET_RAW|CAP_SYS_TIME|AF_PACKET|@clock|CAP_SYS_ADMIN/)
})

test.run()
