import * as assert from 'uvu/assert'
import { launch, readLaunch } from '../../src/tools/launcher.ts'
import { quoteArgv } from '../../src/transport/quote.ts'
import { ms, type UtcInstant, utc } from '../../src/units/quantity.ts'
import { labReason, sshTo } from '../fixtures/lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/launcher on a lab host')
const reason = labReason()
const lab = sharedLab({ hosts: ['A', 'B'] })

const isClose = (when: UtcInstant | undefined, at: UtcInstant) => {
  const late = Number((when ?? 0n) - at) / 1e6
  assert.ok(late >= 0 && late < 3000, `${late} ms late`)
}

test.unless(
  reason,
  "a program is released by its host's own clock",
  lab.on(async made => {
    // A quarter of an hour away from this machine's.
    const { stderr: refused, code } = await sshTo(made, 'A', 'date -s "@$(($(date +%s) - 900))" >/dev/null')
    assert.is(code, 0, refused)
    const { stdout: now } = await sshTo(made, 'A', 'date +%s%N')
    assert.ok(Date.now() - Number(now) / 1e6 > 800_000, now)
    const at = utc(BigInt(now) + ms(1500))
    const { stdout, stderr } = await sshTo(
      made,
      'A',
      `${quoteArgv(launch(['date', '+%s%N'], { at, outputFile: '/tmp/out' }))}; cat /tmp/out`,
    )
    isClose(readLaunch(stderr).released, at)
    isClose(utc(BigInt(stdout)), at)
  }),
  { limitMs: 60_000 },
)

test.unless(
  reason,
  'a clock that is stepped meanwhile moves the release with it',
  lab.on(async made => {
    const { stdout: now } = await sshTo(made, 'B', 'date +%s%N')
    // Due in ten minutes, until the clock is put forward by as much.
    const at = utc(BigInt(now) + ms(600_000))
    const launched = sshTo(made, 'B', quoteArgv(launch(['true'], { at, outputFile: '/tmp/out' })))
    await sshTo(made, 'B', 'sleep 1; date -s "@$(($(date +%s) + 600))"')
    isClose(readLaunch((await launched).stderr).released, at)
  }),
  { limitMs: 60_000 },
)

test.run()
