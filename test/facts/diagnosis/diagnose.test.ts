import * as assert from 'uvu/assert'
import type { ClockProgram } from '../../../src/facts/clock-programs.ts'
import { diagnose } from '../../../src/facts/diagnosis/diagnose.ts'
import type { Patient } from '../../../src/facts/diagnosis/finding.ts'
import type { HostFacts } from '../../../src/facts/host-facts.ts'
import type { PtpState } from '../../../src/sync/ptp-state.ts'
import { ns } from '../../../src/units/quantity.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('facts/diagnosis')

const program = (pid: number, line: string): ClockProgram => {
  const argv = line.split(' ')
  return { pid, program: argv[0] ?? '', argv, config: '' }
}
const ptp: PtpState = {
  domain: 0,
  delayMechanism: 'P2P',
  portState: 'SLAVE',
  grandmaster: '020000.fffe.000001',
  utcOffset: 37,
}
const stamping = ['hardware-transmit', 'hardware-receive', 'hardware-raw-clock'].join('\n')

/** A tuned host in step, changed as the test likes. */
const well = (facts: Partial<HostFacts> = {}, more: Partial<Patient> = {}): Patient => ({
  host: 'A',
  interface: 'eth0',
  ptp,
  systemMinusPhc: ns(-37_000_000_120n),
  ...more,
  facts: {
    kernel: 'Linux 6.12.0 #1 SMP PREEMPT_RT x86_64',
    programs: new Map(['ptp4l', 'phc2sys', 'pmc', 'isochron'].map(name => [name, `/usr/bin/${name}`])),
    versions: { ptp4l: '4.2', isochron: '0.9' },
    interfaceState: { operstate: 'up', address: '02:00:00:00:00:01', mtu: 1500, carrierChanges: 1 },
    timestamping: { phc: 0, text: stamping },
    kernelClock: { taiOffset: 37, frequency: 0 },
    clockPrograms: [program(7, 'ptp4l -i eth0 -2 -P'), program(8, 'phc2sys -a -rr')],
    isochronPrograms: [],
    cpuPower: { governors: ['performance'], idleStates: [{ name: 'C1', latencyUs: 2 }] },
    isolatedCpus: '2-3',
    loginLimits: { realTimePriority: 0, lockedMemory: 65_536, capabilities: 0x1ff_ffff_ffffn },
    energyEfficientEthernet: 'disabled',
    interruptCoalescing: { adaptive: false, receiveUs: 0 },
    offloads: [],
    ...facts,
  } as HostFacts,
})

const rulesOf = (...patients: Patient[]) =>
  diagnose(patients).flatMap(({ host, findings }) =>
    findings.filter(({ rule }) => rule !== 'clock-program').map(({ severity, rule }) => `${host} ${severity} ${rule}`),
  )

test('nothing is found at a host that is well, but what runs there', () => {
  assert.equal(rulesOf(well()), [])
  const [{ findings } = { findings: [] }] = diagnose([well()])
  assert.equal(
    findings.map(({ what, evidence }) => [what, evidence]),
    [
      ['ptp4l runs', 'ptp4l (pid 7) on eth0 with socket /var/run/ptp4l, started as: ptp4l -i eth0 -2 -P'],
      ['phc2sys runs', 'phc2sys (pid 8) with socket /var/run/ptp4l, started as: phc2sys -a -rr'],
    ],
  )
})

const phc2sys = program(8, 'phc2sys -a -rr')
const cases: readonly (readonly [string, Patient, string])[] = [
  ['no variable', well({}, { interface: '' }), 'warning no-interface'],
  ['no such interface', well({ interfaceState: undefined }), 'error no-interface'],
  [
    'a link without carrier',
    well({ interfaceState: { operstate: 'down', address: '', mtu: 0, carrierChanges: 2 } }),
    'error link-down',
  ],
  ['no PTP hardware clock', well({ timestamping: { phc: undefined, text: '' } }), 'error no-phc'],
  ['no hardware stamps', well({ timestamping: { phc: 0, text: 'hardware-raw-clock' } }), 'error no-hardware-stamps'],
  ['a link that sleeps', well({ energyEfficientEthernet: 'enabled, active' }), 'warning eee'],
  ['adaptive coalescing', well({ interruptCoalescing: { adaptive: true, receiveUs: 0 } }), 'warning coalescing'],
  ['a long coalescing', well({ interruptCoalescing: { adaptive: false, receiveUs: 50 } }), 'warning coalescing'],
  ['large receive offload', well({ offloads: ['large-receive-offload'] }), 'warning offloads'],
  ['offloads of TCP', well({ offloads: ['generic-receive-offload'] }), 'note offloads'],
  ['two that steer', well({ clockPrograms: [phc2sys, program(9, 'chronyd')] }), 'error two-steer'],
  [
    'two ptp4l',
    well({ clockPrograms: [program(5, 'ptp4l -i eth0'), program(6, 'ptp4l -ieth0'), phc2sys] }),
    'error two-ptp4l',
  ],
  ['nobody that steers', well({ clockPrograms: [program(7, 'ptp4l -i eth0')] }), 'warning nobody-steers'],
  ['a ptp4l that is silent', well({}, { ptp: 'silent' }), 'error ptp4l-silent'],
  ['a port that listens', well({}, { ptp: { ...ptp, portState: 'LISTENING' } }), 'error port-state'],
  ['a second too much', well({}, { systemMinusPhc: ns(-36_000_000_000n) }), 'error whole-seconds-off'],
  ['37 s too much', well({}, { systemMinusPhc: ns(15_000n) }), 'error whole-seconds-off'],
  ['a TAI offset of long ago', well({ kernelClock: { taiOffset: 35, frequency: 0 } }), 'error tai-offset'],
  [
    'a UTC offset of long ago',
    well(
      { kernelClock: { taiOffset: 0, frequency: 0 } },
      { ptp: { ...ptp, utcOffset: 36 }, systemMinusPhc: undefined },
    ),
    'warning utc-offset',
  ],
  [
    'no isochron',
    well({
      programs: new Map([
        ['ptp4l', ''],
        ['phc2sys', ''],
        ['pmc', ''],
      ]),
    }),
    'warning no-program',
  ],
  ['a version of the future', well({ versions: { ptp4l: '5.0' } }), 'warning unknown-version'],
  [
    'a daemon for everybody',
    well({ isochronPrograms: [{ pid: 3, argv: ['isochron', 'daemon'] }] }),
    'warning open-management-port',
  ],
  ['a governor that saves', well({ cpuPower: { governors: ['powersave'], idleStates: [] } }), 'warning governor'],
  [
    'deep sleep',
    well({ cpuPower: { governors: [], idleStates: [{ name: 'C6', latencyUs: 133 }] } }),
    'warning idle-states',
  ],
  [
    'a login without rights',
    well({ loginLimits: { realTimePriority: 0, lockedMemory: 'unlimited', capabilities: 0n } }),
    'warning no-real-time',
  ],
  [
    'a login that can lock little',
    well({ loginLimits: { realTimePriority: 99, lockedMemory: 65_536, capabilities: 0n } }),
    'warning no-locked-memory',
  ],
  ['no isolated CPU', well({ isolatedCpus: '' }), 'note isolated-cpus'],
  ['a phc2sys twice', well({ clockPrograms: [phc2sys, program(9, 'phc2sys -a -r')] }), 'error two-steer'],
  ['a kernel that may be late', well({ kernel: 'Linux 6.1 #1 SMP PREEMPT_DYNAMIC x86_64' }), 'note preemption'],
]
for (const [what, patient, expected] of cases)
  test(`${what}: ${expected}`, () => assert.equal(rulesOf(patient), [`A ${expected}`]))

test('a clock that is still a millisecond off, or that nothing is known of, is no finding', () => {
  assert.equal(rulesOf(well({}, { systemMinusPhc: ns(-37_001_000_000n) })), [])
  assert.equal(rulesOf(well({ kernelClock: { taiOffset: 0, frequency: 0 } })), [])
  assert.equal(rulesOf(well({ clockPrograms: [] }, { ptp: undefined, systemMinusPhc: undefined })), [])
})

const other = (line: string, state: Partial<PtpState> = {}) =>
  well({ clockPrograms: [program(7, line), phc2sys] }, { host: 'B', ptp: { ...ptp, ...state } })

for (const [what, patient, expected] of [
  ['another domain', other('ptp4l -i eth0 -2 -P', { domain: 5 }), ['domains-differ']],
  ['E2E among P2P', other('ptp4l -i eth0 -2', { delayMechanism: 'E2E' }), ['delay-mechanisms-differ']],
  ['IP among layer 2', other('ptp4l -i eth0 -P'), ['transports-differ']],
  ['gPTP among others', other('ptp4l -i eth0 -2 -P --transportSpecific 0x1'), ['profiles-differ']],
  ['another grandmaster', other('ptp4l -i eth0 -2 -P', { grandmaster: '02ffff.fffe.000001' }), ['grandmasters-differ']],
  ['all alike', other('ptp4l -i eth0 -P -2'), []],
] as const)
  test(`between hosts, ${what}`, () => {
    assert.equal(
      rulesOf(well(), well({}, { host: 'C' }), patient),
      expected.map(rule => `B error ${rule}`),
    )
  })

test('an NTP daemon of two processes steers once, and who only hands the time on or starts others does not', () => {
  const chronyds = [program(9, 'chronyd -F 1'), program(10, 'chronyd -F 1')]
  const quiet = (...programs: ClockProgram[]) => rulesOf(well({ clockPrograms: programs }))
  assert.equal(quiet(...chronyds), [])
  assert.equal(quiet(program(7, 'ptp4l -i eth0 -2 -P'), program(8, 'phc2sys -a -r -E ntpshm'), ...chronyds), [])
  assert.equal(quiet(program(6, 'timemaster -f /etc/t.conf'), ...chronyds), [])
})

test('the name of an interface is no option', () => {
  const udp = (host: string, device: string) =>
    well({ clockPrograms: [program(7, `ptp4l -i${device} -P`), phc2sys] }, { host, interface: device })
  assert.equal(rulesOf(udp('A', 'eth2'), udp('B', 'eth0')), [])
})

test('of two hosts that differ neither is the one that is wrong', () => {
  const [a, b] = diagnose([well(), other('ptp4l -i eth0 -2 -P', { domain: 5 })])
  const evidence = (findings: readonly { rule: string; evidence: string }[] = []) =>
    findings.filter(({ rule }) => rule === 'domains-differ').map(each => each.evidence)
  assert.equal(evidence(a?.findings), ['here domain 0; B domain 5'])
  assert.equal(evidence(b?.findings), ['here domain 5; A domain 0'])
})

test('a sender of isochron listens for nobody', () => {
  assert.equal(rulesOf(well({ isochronPrograms: [{ pid: 3, argv: ['isochron', 'send', '-P', '5000'] }] })), [])
})

test('who is not with the most is told who is', () => {
  const all = diagnose([other('ptp4l -i eth0 -2 -P', { domain: 5 }), well(), well({}, { host: 'C' })])
  const found = all.flatMap(({ findings }) => findings.filter(({ rule }) => rule === 'domains-differ'))
  assert.equal(
    found.map(({ evidence }) => evidence),
    ['here domain 5; A, C domain 0'],
  )
})

test.run()
