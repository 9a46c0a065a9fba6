import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { driftHostClock, stepHostClock } from '../../src/lab/host-clock.ts'
import type { Lab, LabHost } from '../../src/lab/lab.ts'
import { labStatus } from '../../src/lab/status.ts'
import { ns } from '../../src/units/quantity.ts'
import { onHost } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { onToolRun, validity } from '../fixtures/tool-run.ts'

const test = suite('hosts whose clocks chronyd tells of, on a lab')
const shared = sharedLab({ hosts: ['A', 'B', 'N'] })
/** Where the tests' preparation has unpacked it. */
const unpacked = 'node_modules/.cache/debian/chrony/usr'
const missing = existsSync(`${unpacked}/sbin/chronyd`) ? undefined : 'chronyd is not unpacked: npm test does it'
const reason = labReason() ?? missing
const limitMs = 90_000

const playbook = (gate: string, time: string) => `name: NTP
hosts: {A: root@a, B: root@b}
vars: {interface: eth0}
sync: {gate: {${gate}}}
attempts: 1
flows: {bulk: {from: A, to: B, tool: iperf3, time: ${time}, bitrate: 5M}}
`

/** Every system clock at the switch's time, with an oscillator without error. */
async function alignClocks({ name }: Lab): Promise<void> {
  for (const { name: host } of (await labStatus(name)).hosts) {
    await driftHostClock(name, host, 'system', 0)
    await driftHostClock(name, host, 'phc', 0)
  }
  for (const { name: host, phcOffset, systemOffset } of (await labStatus(name)).hosts)
    await stepHostClock(name, host, 'system', ns(-phcOffset - systemOffset))
}

/** It tells how the clock stands and leaves it alone (-x); it stays until the lab goes. */
function startChronyd(host: LabHost, config: string): void {
  for (const [name, folder] of [
    ['chronyd', 'sbin'],
    ['chronyc', 'bin'],
  ])
    copyFileSync(`${unpacked}/${folder}/${name}`, `/proc/${host.pid}/root/usr/${folder}/${name}`)
  const start = `printf '%s\\n' "$1" >/run/chrony.conf && chronyd -x -u root -f /run/chrony.conf`
  onHost(host, 'sh', '-c', start, 'sh', config)
}

let isStarted = false

/** N tells the time, A and B follow it. */
async function withNtp(lab: Lab): Promise<void> {
  if (isStarted) return
  isStarted = true
  await alignClocks(lab)
  const server = hostNamed(lab, 'N')
  startChronyd(server, 'local stratum 8\nallow all')
  const followers = ['A', 'B'].map(name => hostNamed(lab, name))
  for (const host of followers) startChronyd(host, `server ${server.address} iburst minpoll 0 maxpoll 0`)
  for (const host of followers) onHost(host, 'chronyc', '-n', 'waitsync', '15', '0.002', '0', '1')
}

interface Reading {
  readonly host: string
  readonly source: string
  readonly phase: string
  readonly ok: boolean
  readonly systemOffset?: string
  readonly uncertainty?: string
  readonly ntpSource?: string
}

const readingsOf = (text: string): Reading[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test.unless(
  reason,
  'they open the gate when offset and uncertainty are within its limit, and are watched while traffic flows',
  shared.on(async lab => {
    await withNtp(lab)
    await onToolRun(lab, readFileSync('playbooks/ntp.yml', 'utf8'), (_, end) => {
      assert.is(end.code, 0, end.stderr)
      assert.equal(validity(end), [true])
      const readings = readingsOf(readFileSync(join(end.folder, 'sync.ndjson'), 'utf8'))
      const seen = new Set(readings.map(({ host, source, phase, ok }) => `${host} ${source} ${phase} ${ok}`))
      for (const host of ['A', 'B'])
        for (const phase of ['gate', 'traffic']) assert.ok(seen.has(`${host} chrony ${phase} true`), [...seen].join())
      for (const { host, systemOffset = '', uncertainty = '', ntpSource } of readings.filter(
        ({ ok, source }) => ok && source === 'chrony',
      )) {
        assert.ok(Math.abs(Number(systemOffset)) < 1e6, `${host}: ${systemOffset} ns off`)
        assert.ok(Number(uncertainty) > 0 && Number(uncertainty) < 5e6, `${host}: ± ${uncertainty} ns`)
        assert.is(ntpSource, `${hostNamed(lab, 'N').address}, stratum 9`)
      }
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'a limit below what NTP can know over the path keeps the gate closed, with the uncertainty and a hint',
  shared.on(async lab => {
    await withNtp(lab)
    await onToolRun(lab, playbook('offset: 10ns, timeout: 2s', '1s'), (_, end) => {
      assert.is(end.code, 3)
      const { message, hint } = onlyProblem(end, 'SYNC_GATE')
      assert.match(message, /[AB]: its system clock is \S+ (ahead of|behind) NTP ± \d\S* \(limit 10ns\)/)
      assert.match(hint ?? '', /^[AB]: (NTP cannot tell its time better|chronyd is still steering)/)
    })
  }),
  { limitMs },
)

test.unless(
  reason,
  'a chronyd that answers no more while traffic flows voids the attempt',
  shared.on(async lab => {
    await withNtp(lab)
    const B = hostNamed(lab, 'B')
    const toChronyd = (signal: string) =>
      onHost(B, 'sh', '-c', 'kill "-$1" "$(cat /run/chrony/chronyd.pid)"', 'sh', signal)
    await onToolRun(
      lab,
      playbook('offset: 5ms, timeout: 20s', '30s'),
      (_, end) => {
        assert.is(end.code, 3, end.stderr)
        assert.equal(validity(end), [false])
        const reasons = end.result.attempts[0]?.reasons.join() ?? ''
        assert.match(reasons, /B: chronyd does not answer/)
        assert.not.match(reasons, /A: /)
      },
      async run => {
        await run.until('traffic_started')
        toChronyd('STOP')
        await run.ended.finally(() => toChronyd('CONT'))
      },
    )
  }),
  { limitMs },
)

test.run()
