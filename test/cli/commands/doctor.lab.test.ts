import { copyFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Finding } from '../../../src/facts/diagnosis/finding.ts'
import { kernelClock, setTaiOffset } from '../../../src/facts/kernel-clock.ts'
import { stepHostClock } from '../../../src/lab/host-clock.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { ns } from '../../../src/units/quantity.ts'
import { commandAt } from '../../fixtures/command.ts'
import { onHost } from '../../fixtures/host-state.ts'
import { hostNamed, labReason } from '../../fixtures/lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/doctor')
const reason = labReason()
const { on } = sharedLab({ fastPtp: true })
const limitMs = 120_000

/** What is so on the machine that the lab is on, is so on its hosts. */
const ofTheMachine: ReadonlySet<string> = new Set(['governor', 'idle-states', 'no-locked-memory'])

async function doctor({ inventory }: Lab, ...args: readonly string[]) {
  const { code, stdout, stderr } = await commandAt(process.cwd(), ['doctor', ...args, '-i', inventory, '--json'])
  assert.is(stderr, '')
  const hosts: { host: string; findings: Finding[] }[] = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const found = hosts.flatMap(({ host, findings }) =>
    findings.flatMap(({ severity, rule }) => (ofTheMachine.has(rule) ? [] : [`${host} ${severity} ${rule}`])),
  )
  return { code, found, hosts }
}

const usual = '-2 -P --step_threshold 0.00002 --logSyncInterval -3 --announceReceiptTimeout 3'
const ptp4l = `ptp4l -i eth0 -m ${usual}`
const phc2sys = 'phc2sys -a -rr -m -R 8 --step_threshold 0.00002'

/** What runs on each host, by host and kind: the pid it was recorded with. */
const running = new Map<string, string>()

function start(lab: Lab, host: string, kind: 'ptp4l' | 'phc2sys', line: string): void {
  const begin = `setsid ${line} </dev/null >/run/doctor-${kind}.log 2>&1 & echo $!`
  running.set(`${host} ${kind}`, onHost(hostNamed(lab, host), 'sh', '-c', begin).trim())
}

function end(lab: Lab, host: string, kind: 'ptp4l' | 'phc2sys'): void {
  const pid = running.get(`${host} ${kind}`)
  // A ptp4l removes its socket when it ends, which is then perhaps that of the next one.
  onHost(hostNamed(lab, host), 'sh', '-c', `kill ${pid}; while kill -0 ${pid} 2>/dev/null; do sleep 0.05; done`)
}

/** All clocks in step, until the lab goes. */
async function inStep(lab: Lab): Promise<void> {
  for (const host of ['A', 'B', 'C']) {
    if (running.has(`${host} ptp4l`)) continue
    start(lab, host, 'ptp4l', ptp4l)
    start(lab, host, 'phc2sys', phc2sys)
  }
  await untilFound(lab, [])
}

/** With another program in the place of one of those. */
async function instead(
  lab: Lab,
  [host, kind]: readonly [string, 'ptp4l' | 'phc2sys'],
  line: string,
  use: () => Promise<void>,
): Promise<void> {
  await inStep(lab)
  end(lab, host, kind)
  start(lab, host, kind, line)
  try {
    await use()
  } finally {
    end(lab, host, kind)
    start(lab, host, kind, kind === 'ptp4l' ? ptp4l : phc2sys)
  }
}

/** Asks again until it is found, and that alone; clocks and ports need their time. */
async function untilFound(lab: Lab, expected: readonly string[], ...args: readonly string[]): Promise<number> {
  for (const end = performance.now() + 40_000; ; await sleep(300)) {
    const { code, found } = await doctor(lab, ...(args.length === 0 ? ['all'] : args))
    if (JSON.stringify(found) === JSON.stringify(expected)) return code
    if (performance.now() > end) assert.equal(found, expected)
  }
}

test.unless(
  reason,
  'a healthy lab has nothing wrong, without a ptp4l and with one in step',
  on(async lab => {
    assert.is(await untilFound(lab, []), 0)
    await inStep(lab)
    const isSpotless = (await doctor(lab, 'all')).hosts.every(({ findings }) => findings.length === 0)
    const { code, stdout } = await commandAt(process.cwd(), ['doctor', 'all', '-i', lab.inventory])
    assert.is(code, 0)
    if (isSpotless) assert.is(stdout, 'nothing wrong with 3 hosts\n')
    const notes = await commandAt(process.cwd(), ['doctor', 'A', '-i', lab.inventory, '--notes'])
    assert.match(notes.stdout, /^A\n(.*\n)* {2}note: ptp4l runs\n {4}seen: ptp4l \(pid \d+\) on eth0 .*, by root\n/)
  }),
  { limitMs },
)

/** How a host is broken, on which it is put right again when `use` is done. */
interface Breakage {
  readonly what: string
  readonly found: readonly string[]
  readonly args?: readonly string[]
  readonly whileBroken: (lab: Lab, use: () => Promise<void>) => Promise<void>
}

const shell = async (lab: Lab, host: string, [break_, mend]: readonly [string, string], use: () => Promise<void>) => {
  onHost(hostNamed(lab, host), 'sh', '-ec', break_)
  try {
    await use()
  } finally {
    onHost(hostNamed(lab, host), 'sh', '-ec', mend)
  }
}

const breakages: readonly Breakage[] = [
  {
    what: 'an interface that is not there',
    found: ['A error no-interface'],
    args: ['A', '-e', 'interface=eth7'],
    whileBroken: (_, use) => use(),
  },
  {
    what: 'an interface without a PTP hardware clock',
    found: ['A error no-phc'],
    args: ['A', '-e', 'interface=lo'],
    whileBroken: (_, use) => use(),
  },
  {
    what: 'an interface that is down',
    found: ['B error link-down'],
    args: ['B', '-e', 'interface=veth7'],
    whileBroken: (lab, use) =>
      shell(lab, 'B', ['ip link add veth7 type veth peer name veth8', 'ip link del veth7'], use),
  },
  {
    what: 'a program that is missing',
    found: ['C warning no-program'],
    whileBroken: (lab, use) =>
      shell(lab, 'C', ['mv /usr/sbin/phc2sys /usr/sbin/away', 'mv /usr/sbin/away /usr/sbin/phc2sys'], use),
  },
  {
    what: 'a daemon of isochron that everybody can reach',
    found: ['A warning open-management-port'],
    whileBroken: (lab, use) =>
      shell(
        lab,
        'A',
        [
          'isochron daemon --stats-port 5000 --pid-file /run/doctor.pid --log-file /run/doctor.log </dev/null >/dev/null 2>&1',
          'kill "$(cat /run/doctor.pid)"; rm -f /run/doctor.pid /run/doctor.log',
        ],
        use,
      ),
  },
  {
    what: 'a login without rights',
    found: ['A warning no-real-time'],
    args: ['A', '--become', '--become-user', 'nobody'],
    whileBroken: (_, use) => use(),
  },
  {
    what: 'two that steer the system clock',
    found: ['B error two-steer'],
    whileBroken: async (lab, use) => {
      await inStep(lab)
      copyFileSync('/usr/bin/sleep', `/proc/${hostNamed(lab, 'B').pid}/root/usr/bin/ntpd`)
      const begin = 'ntpd 100 </dev/null >/dev/null 2>&1 & echo $! >/run/ntpd.pid'
      await shell(lab, 'B', [begin, 'kill "$(cat /run/ntpd.pid)"; rm /usr/bin/ntpd /run/ntpd.pid'], use)
    },
  },
  {
    what: 'a host in another PTP domain',
    found: ['B error port-state', 'B error domains-differ'],
    whileBroken: (lab, use) => instead(lab, ['B', 'ptp4l'], `${ptp4l} --domainNumber 5 -s`, use),
  },
  {
    what: 'E2E among P2P',
    found: ['B error port-state', 'B error delay-mechanisms-differ'],
    whileBroken: (lab, use) => instead(lab, ['B', 'ptp4l'], `${ptp4l} -E`, use),
  },
  {
    what: 'a transport of its own',
    found: ['C error port-state', 'C error transports-differ'],
    whileBroken: (lab, use) => instead(lab, ['C', 'ptp4l'], `${ptp4l.replace('-2', '-4')} -s`, use),
  },
  {
    what: 'a host that is its own grandmaster',
    found: ['B error grandmasters-differ'],
    whileBroken: (lab, use) => instead(lab, ['B', 'ptp4l'], `${ptp4l} --masterOnly 1`, use),
  },
  {
    what: 'a ptp4l without a phc2sys',
    found: ['A warning nobody-steers'],
    whileBroken: (lab, use) => instead(lab, ['A', 'phc2sys'], 'sleep 100', use),
  },
  {
    what: 'a wrong TAI offset of the kernel',
    found: ['A error tai-offset'],
    whileBroken: async (lab, use) => {
      await inStep(lab)
      const host = hostNamed(lab, 'A')
      const before = JSON.parse(onHost(host, 'sh', '-c', `system=$(uname -srvm); ${kernelClock.ask} | sed 's/ .*//'`))
      onHost(host, ...setTaiOffset(35))
      try {
        await use()
      } finally {
        onHost(host, ...setTaiOffset(before))
      }
    },
  },
  {
    what: 'a system clock that is 37 s off',
    found: ['B error whole-seconds-off'],
    whileBroken: (lab, use) =>
      // Nobody steers it back: this phc2sys takes no steps.
      instead(lab, ['B', 'phc2sys'], 'phc2sys -a -rr -m -R 8', async () => {
        await untilFound(lab, [])
        // At its first looks it would take one all the same.
        await sleep(3_000)
        await stepHostClock(lab.name, 'B', 'system', ns(37_000_000_000n))
        await use()
        await stepHostClock(lab.name, 'B', 'system', ns(-37_000_000_000n))
      }),
  },
]

for (const { what, found, args = [], whileBroken } of breakages)
  test.unless(
    reason,
    `${what}: ${found.join(', ')}`,
    on(lab =>
      whileBroken(lab, async () => {
        const code = await untilFound(lab, found, ...args)
        assert.is(code, found.some(line => line.includes(' error ')) ? 4 : 0)
      }),
    ),
    { limitMs },
  )

test.unless(
  reason,
  'a playbook: what a run would be refused for comes first',
  on(async lab => {
    await inStep(lab)
    const { code, found } = await doctor(lab, 'playbooks/two-senders.yml')
    assert.is(code, 4)
    assert.equal(found.slice(0, 2), ['A error HOST_CONFLICT', 'A error HOST_CONFLICT'])
  }),
  { limitMs },
)

test.run()
