import { killedAndResumed } from '../fixtures/killed-experiment.ts'
import { labReason, withLab } from '../fixtures/lab.ts'
import { withRuns } from '../fixtures/run-on-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('an experiment that is killed again and again')

test.unless(
  labReason(),
  'kill -9 at ten moments of 3 x 3 x 5 shuffled cells, as in the tests',
  () => withLab({ hosts: ['A', 'C'] }, lab => withRuns(runs => killedAndResumed(lab, runs, 10))),
  { limitMs: 900_000 },
)

test.run()
