import * as assert from 'uvu/assert'
import type { ToolOptions } from '../../src/playbook/play.ts'
import { isochronTest } from '../../src/tools/isochron.ts'
import { receiverSettings, senderSettings } from '../../src/tools/isochron-settings.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/isochron-settings')

const site = {
  interface: 'eth0',
  destinationMac: '02:00:00:00:00:03',
  unixDomainSocket: '/run/x/ptp4l',
  monitored: true,
}
const settingsOf = (options: ToolOptions = {}, more: Partial<typeof site> = {}) =>
  senderSettings(isochronTest({ 'cycle-time': 10_000_000n, 'frame-size': 1500n, 'num-frames': 10n, ...options }), {
    ...site,
    ...more,
  })
const namesOf = (settings: ReturnType<typeof settingsOf>) => settings.map(({ message }) => message)
const settingOf = (settings: ReturnType<typeof settingsOf>, name: string) =>
  settings.find(({ message }) => message === name)?.value

/** What must stand before what, from the daemon's own behaviour. */
const before: [string, string][] = [
  ['nodeRole', 'ifName'],
  ['ifName', 'sysmonEnabled'],
  ['numReadings', 'sysmonEnabled'],
  ['uds', 'ptpmonEnabled'],
  ['domainNumber', 'ptpmonEnabled'],
  ['transportSpecific', 'ptpmonEnabled'],
  ['sysmonEnabled', 'syncMonitorEnabled'],
  ['ptpmonEnabled', 'syncMonitorEnabled'],
]

for (const [first, second] of before) {
  test(`${first} comes before ${second}`, () => {
    const names = namesOf(settingsOf())
    const [a, b] = [names.indexOf(first as never), names.indexOf(second as never)]
    assert.ok(a >= 0 && a < b, `${first} is at ${a}, ${second} at ${b}`)
  })
}

test('the role is set first, for it wipes everything else', () => assert.is(namesOf(settingsOf())[0], 'nodeRole'))

test('no message is sent twice', () => {
  const names = namesOf(settingsOf({ vid: 7n, 'utc-tai-offset': 37n }))
  assert.is(new Set(names).size, names.length)
})

test('a sender that is not monitored needs neither PHC readings nor ptp4l', () => {
  const names = namesOf(settingsOf({}, { monitored: false }))
  assert.not.ok(names.includes('sysmonEnabled') || names.includes('ptpmonEnabled'))
  assert.ok(names.includes('syncMonitorEnabled'))
})

test('the daemon never monitors by itself: it would want a threshold that no message carries', () => {
  assert.is(settingOf(settingsOf(), 'syncMonitorEnabled'), false)
})

test('advance time is cycle less window unless it is given', () => {
  assert.is(settingOf(settingsOf(), 'advanceTime'), 10_000_000n)
  assert.is(settingOf(settingsOf({ 'window-size': 1_000_000n }), 'advanceTime'), 9_000_000n)
  assert.is(settingOf(settingsOf({ 'advance-time': 500_000n }), 'advanceTime'), 500_000n)
})

test('what was not given is not sent where the daemon cannot unset it', () => {
  const names = namesOf(settingsOf())
  assert.not.ok(names.includes('vid') || names.includes('utcOffset'))
  assert.is(settingOf(settingsOf({ vid: 0n }), 'vid'), 0)
  assert.is(settingOf(settingsOf({ 'utc-tai-offset': 37n }), 'utcOffset'), 37)
})

test('a source address that was not given is the interface’s own, written as zeros', () => {
  assert.is(settingOf(settingsOf(), 'sourceMac'), '00:00:00:00:00:00')
  assert.is(settingOf(settingsOf({ smac: '02:00:00:00:00:09' }), 'sourceMac'), '02:00:00:00:00:09')
})

test('a receiver gets its transports and then the count that empties its log', () => {
  assert.equal(receiverSettings(isochronTest({ 'cycle-time': 1n, 'num-frames': 10n })), [
    { message: 'l2Enabled', value: true },
    { message: 'l4Enabled', value: false },
    { message: 'packetCount', value: 10n },
  ])
})

test.run()
