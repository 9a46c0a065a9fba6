import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { stepHostClock } from '../../src/lab/host-clock.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { labStatus } from '../../src/lab/status.ts'
import { ns } from '../../src/units/quantity.ts'
import { labReason, sshTo, withLab } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/ptp')
const reason = labReason()

for (const fastPtp of [false, true]) {
  const kind = fastPtp ? 'with a fast switch' : 'with the options of the isochron-orchestrate manual page'
  test.unless(
    reason,
    `ptp4l and phc2sys bring every clock within 100 ns of the switch's, ${kind}`,
    () =>
      withLab({ fastPtp }, async lab => {
        await Promise.all(lab.hosts.map(host => sshTo(lab, host.name, startPtp)))
        await lockedWithin(lab, 60_000)
        await stepHostClock(lab.name, 'B', 'phc', ns(50_000n))
        assert.ok((await worstOffset(lab)) > 40_000, 'the step is there')
        await lockedWithin(lab, 30_000)
      }),
    { limitMs: 120_000 },
  )
}

test.run()

const inBackground = (command: string, log: string) => `setsid ${command} -m -q >${log} 2>&1 </dev/null & `
const startPtp =
  inBackground('ptp4l -i eth0 -2 -P --step_threshold 0.00002', '/tmp/ptp4l.log') +
  inBackground('phc2sys -a -rr --step_threshold 0.00002', '/tmp/phc2sys.log')

/** The greatest true offset of any clock of the lab, ns, absolute. */
async function worstOffset(lab: Lab): Promise<number> {
  const { hosts } = await labStatus(lab.name)
  return Math.max(...hosts.flatMap(host => [host.phcOffset, host.systemOffset]).map(offset => Math.abs(Number(offset))))
}

/** Waits until every clock has been within 100 ns for ten readings in a row. */
async function lockedWithin(lab: Lab, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs
  for (let good = 0; good < 10; ) {
    const worst = await worstOffset(lab)
    good = worst < 100 ? good + 1 : 0
    if (Date.now() > deadline) throw new Error(`the worst clock is still ${worst} ns off after ${limitMs / 1000} s`)
    await sleep(100)
  }
}
