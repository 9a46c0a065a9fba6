import { labReason, withLab } from '../fixtures/lab.ts'
import { soak, soakSeed } from '../fixtures/soak.ts'
import { soakOrchestrations } from '../fixtures/soak-orchestrations.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('200 runs in a row')

test.unless(
  labReason(),
  `each with a fault, seed ${soakSeed}: no hang, nothing left behind, the right outcome, the same figures from the folder`,
  () => withLab({ fastPtp: true }, lab => soak(lab, 200)),
  { limitMs: 7_000_000 },
)

test.unless(labReason(), '60 orchestrations in a row over daemons that are not ours', () => soakOrchestrations(60), {
  limitMs: 1_800_000,
})

test.run()
