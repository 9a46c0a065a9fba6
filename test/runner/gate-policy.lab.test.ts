import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { kernelStanding } from '../../src/facts/kernel-clock.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunEnd, runToEnd, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { onToolRun, validity } from '../fixtures/tool-run.ts'

const test = suite('what a gate can ask for, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()
const limitMs = 90_000

const withGate = (gate: string, text = fastPlaybook()) => text.replace(/gate: \{.*\}/, `gate: {${gate}}`)

interface Reading {
  readonly host: string
  readonly source: string
  readonly phase: string
  readonly ok: boolean
  readonly portState?: string
  readonly frequencyChange?: number
  readonly pathDelay?: string
  readonly pathDelayChange?: string
  readonly ntpSource?: string
  readonly uncertainty?: string
}
const readingsOf = ({ folder }: RunEnd): Reading[] =>
  readFileSync(join(folder, 'sync.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test.unless(
  reason,
  'frequency and path delay that stand still open it, beside all the rest',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const all = 'require: [link, ptp, phc2sys, same-grandmaster, frequency, path-delay]'
      const end = await runToEnd(lab, runs, withGate(`offset: 25us, ${all}, timeout: 60s`))
      assert.is(end.code, 0, end.stderr)
      const asked = readingsOf(end).filter(({ source }) => source === 'isochron')
      const passing = asked.filter(({ phase, ok }) => phase === 'gate' && ok).slice(-3)
      assert.is(passing.length, 3)
      for (const { host, frequencyChange, pathDelay, pathDelayChange } of passing) {
        assert.ok(Math.abs(frequencyChange ?? Number.NaN) <= 25_000, `${host}: ${frequencyChange} ppb`)
        assert.ok(Number(pathDelay) > 0, `${host}: ${pathDelay}`)
        assert.ok(Math.abs(Number(pathDelayChange)) <= 25_000, `${host}: ${pathDelayChange} ns`)
      }
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'a host has a limit of its own: the others are let in, and it is named with its limit',
  shared.on(lab =>
    withRuns(async runs => {
      const end = await runToEnd(lab, runs, withGate('offset: 50us, offsets: {B: 1ns}, timeout: 8s'))
      assert.is(end.code, 3)
      const { message } = onlyProblem(end, 'SYNC_GATE')
      assert.match(message, /B: its (PHC|system clock) is \S+ (ahead of|behind) .* \(limit 1ns\)/)
      assert.not.match(message, /[AC]: /)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'what is not required is not asked: without its phc2sys a system clock may stand where it will',
  shared.on(lab =>
    withRuns(async runs => {
      const alone = fastPlaybook()
        .replace(/ {2}phc2sys: .*\n/, '')
        .replace('expect: [lost == 0]\n', '')
      const end = await runToEnd(lab, runs, withGate('offset: 25us, require: [link, ptp, same-grandmaster]', alone))
      assert.is(end.code, 0, end.stderr)
      const asked = readingsOf(end).filter(({ source }) => source === 'isochron')
      assert.ok(asked.length > 0 && asked.every(reading => !('systemOffset' in reading)))
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'frames without a count are sent for their time, watched by the same gate, and stopped; nothing is left',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      const endless = fastPlaybook()
        .replace('num-frames: 100', 'num-frames: 0, no-ts: true, duration: 1500ms, grace: 50ms')
        .replace('expect: [lost == 0]\n', '')
      const end = await runToEnd(lab, runs, endless)
      assert.is(end.code, 0, end.stderr)
      assert.equal(
        end.result.flows.map(({ name, file, missing }) => [name, file, missing?.length]),
        [
          ['a', undefined, 1],
          ['b', undefined, 1],
        ],
      )
      const lasted = end.result.attempts.at(-1)
      assert.is(lasted?.valid, true)
      assert.ok(readingsOf(end).some(({ phase, ok }) => phase === 'traffic' && ok))
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

/** What an NTP daemon tells the kernel: ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS, and the status without STA_UNSYNC. */
const synchronised = (maxErrorUs: number) =>
  kernelStanding.replace(
    /\$t = .*? x 208;/,
    `$t = pack("L x4 q q q q l x164", 0x1c, 0, 0, ${maxErrorUs}, ${maxErrorUs}, 1);`,
  )

test.unless(
  reason,
  'where another NTP daemon keeps the clock the kernel says how it stands',
  shared.on(async lab => {
    const hosts = ['A', 'C'].map(name => hostNamed(lab, name))
    for (const host of hosts) {
      // No daemon of that name is needed: it is known by its name, and what it would tell the kernel is told here.
      copyFileSync('/usr/bin/sleep', `/proc/${host.pid}/root/usr/bin/ntpd`)
      onHost(host, 'sh', '-c', 'ntpd 120 >/dev/null 2>&1 & echo $! >/run/ntpd.pid')
      onHost(host, 'sh', '-c', synchronised(1_000))
    }
    const playbook = (offset: string) => `name: NTP
hosts: {A: root@a, C: root@c}
vars: {interface: eth0}
sync: {gate: {offset: ${offset}, timeout: 3s}}
attempts: 1
flows: {bulk: {from: A, to: C, tool: iperf3, time: 1s, bitrate: 5M}}
`
    try {
      await onToolRun(lab, playbook('50ms'), (_, end) => {
        assert.is(end.code, 0, end.stderr)
        assert.equal(validity(end), [true])
        // The kernel tells of carriers too.
        const readings = readingsOf(end).filter(each => each.source === 'kernel' && 'uncertainty' in each)
        for (const phase of ['gate', 'traffic'])
          assert.ok(readings.some(reading => reading.phase === phase && reading.ok))
        for (const { ntpSource, uncertainty } of readings) {
          assert.is(ntpSource, 'ntpd')
          // Told as 1 ms, and grown by 500 ppm since.
          assert.ok(Number(uncertainty) >= 1e6 && Number(uncertainty) < 50e6, uncertainty)
        }
      })
      await onToolRun(lab, playbook('10us'), (_, end) => {
        assert.is(end.code, 3)
        assert.match(
          onlyProblem(end, 'SYNC_GATE').message,
          /[AC]: its system clock is \S+ .* NTP ± \d\S* \(limit 10us\)/,
        )
      })
    } finally {
      for (const host of hosts) onHost(host, 'sh', '-c', 'kill "$(cat /run/ntpd.pid)"; rm -f /usr/bin/ntpd')
    }
  }),
  { limitMs },
)

test.run()
