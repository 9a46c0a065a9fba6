import * as assert from 'uvu/assert'
import { gateDefaults } from '../../src/playbook/gate.ts'
import type { SyncSetup } from '../../src/playbook/play.ts'
import { ptp4lSocket, syncPrograms } from '../../src/runner/sync-programs.ts'
import { ns } from '../../src/units/quantity.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/sync-programs')

const gate = { ...gateDefaults, offset: ns(100n) }
const setup = (ptp4l: string | undefined, phc2sys: string | undefined): SyncSetup => ({
  ptp4l: ptp4l?.split(' '),
  phc2sys: phc2sys?.split(' '),
  gate,
  at: { file: 'x.yml', line: 1, column: 1 },
})
const commands = (sync: SyncSetup, version?: string) =>
  syncPrograms(sync, { interface: 'eth0' }, '/tmp/x', version).map(({ argv }) => argv.join(' '))

test('to the user’s options come interface, -m and a socket of the run’s own, and phc2sys is told of it', () => {
  assert.equal(commands(setup('-2 -P', '-a -rr')), [
    'ptp4l -i eth0 -2 -P -m --uds_address /tmp/x/ptp4l',
    'phc2sys -a -rr -m -z /tmp/x/ptp4l',
  ])
})

test('linuxptp 4 has a second socket that must not be taken from anybody', () => {
  const [ptp4l] = commands(setup('-2', undefined), '4.2')
  assert.is(ptp4l, 'ptp4l -i eth0 -2 -m --uds_address /tmp/x/ptp4l --uds_ro_address /tmp/x/ptp4lro')
})

test('without a ptp4l of ours phc2sys and isochron speak to the one that is there', () => {
  const sync = setup(undefined, '-a -r')
  assert.equal(commands(sync), ['phc2sys -a -r -m'])
  assert.is(ptp4lSocket(sync, '/tmp/x'), '/var/run/ptp4l')
  assert.is(ptp4lSocket(undefined, '/tmp/x'), '/var/run/ptp4l')
})

test.run()
