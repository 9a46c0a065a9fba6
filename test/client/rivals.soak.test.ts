import { endpointsOn } from '../fixtures/endpoints.ts'
import { labReason, withLab } from '../fixtures/lab.ts'
import { rivalry } from '../fixtures/rivalry.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('two rivals on four hosts')

test.unless(
  labReason(),
  'twenty tests each: every one runs alone on its hosts, both get all, and nothing is left in any book',
  () =>
    withLab({ hosts: ['A', 'B', 'C', 'D'] }, async lab => {
      const endpoints = await endpointsOn(lab)
      await withFolder(folder => rivalry(endpoints, folder, 20))
    }),
  { limitMs: 600_000 },
)

test.run()
