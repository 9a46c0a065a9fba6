import * as assert from 'uvu/assert'
import { freeNetwork } from '../../src/lab/subnet.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/subnet')

const cases: [string, string[], string[], string | undefined][] = [
  ['nothing is taken', [], [], '198.18.0'],
  ['a lab has the first', ['198.18.0'], [], '198.18.1'],
  ['a lab in between went away', ['198.18.0', '198.18.2'], [], '198.18.1'],
  ['a route covers the first', [], ['198.18.0.0/24'], '198.18.1'],
  ['a route to one address lies in the first', [], ['198.18.0.77'], '198.18.1'],
  ['a route lies in the second half of the first', [], ['198.18.0.128/25'], '198.18.1'],
  ['a route covers the first half', [], ['198.18.0.0/16'], '198.19.0'],
  ['a route covers all', [], ['198.18.0.0/15'], undefined],
  ['routes elsewhere', [], ['10.0.0.0/8', '192.0.2.0/24', '198.17.255.0/24', '198.20.0.0/16'], '198.18.0'],
  ['the default route and its halves are no claim', [], ['default', '0.0.0.0/1', '128.0.0.0/1'], '198.18.0'],
]

for (const [what, taken, routes, expected] of cases) {
  test(`${what}: ${expected ?? 'no network'}`, () => {
    assert.is(
      freeNetwork(
        taken,
        routes.map(dst => ({ dst })),
      ),
      expected,
    )
  })
}

test.run()
