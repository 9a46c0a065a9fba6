import { startForeignersOn } from '../fixtures/foreigners.ts'
import { stateOf } from '../fixtures/host-state.ts'
import { checkInterrupt } from '../fixtures/interrupt-check.ts'
import { checkKill } from '../fixtures/kill-check.ts'
import { labReason, withLab } from '../fixtures/lab.ts'
import { atEach, momentSeed, momentsOf } from '../fixtures/moments.ts'
import { checkStandstill } from '../fixtures/standstill-check.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('moments of a run')
const perPhase = 12
const limitMs = 3_000_000

for (const [what, check] of [
  ['Ctrl-C', checkInterrupt],
  ['kill -9', checkKill],
] as const) {
  test.unless(
    labReason(),
    `${what} at ${perPhase} moments of every phase, as in the tests`,
    () =>
      withLab({ fastPtp: true }, async lab => {
        const foreigners = await startForeignersOn(lab)
        const found = stateOf(lab)
        await atEach(momentsOf(momentSeed, perPhase), moment => check(lab, found, foreigners, moment))
      }),
    { limitMs },
  )
}

test.unless(
  labReason(),
  'a standstill of 30 s in every phase that can be hit',
  () =>
    withLab({ fastPtp: true }, async lab => {
      const found = stateOf(lab)
      const moments = momentsOf(momentSeed, 1).filter(({ phase }) =>
        ['sync', 'receivers', 'gate', 'traffic'].includes(phase),
      )
      await atEach(moments, moment => checkStandstill(lab, found, moment))
    }),
  { limitMs },
)

test.run()
