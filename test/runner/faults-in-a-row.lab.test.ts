import { labReason, withLab } from '../fixtures/lab.ts'
import { soak, soakSeed } from '../fixtures/soak.ts'
import { soakOrchestrations } from '../fixtures/soak-orchestrations.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runs in a row')

test.unless(
  labReason(),
  `ten of them, each with another fault, seed ${soakSeed}; npm run soak does 200`,
  () => withLab({ fastPtp: true }, lab => soak(lab, 10)),
  { limitMs: 400_000 },
)

test.unless(labReason(), 'four orchestrations in a row over daemons that are not ours', () => soakOrchestrations(4), {
  limitMs: 180_000,
})

test.run()
