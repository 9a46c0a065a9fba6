import * as assert from 'uvu/assert'
import { portsInUse } from '../../src/facts/listeners.ts'
import { firstFree } from '../../src/runner/flow-ports.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/flow-ports')

test('the first free ports in a row are found, past those that are taken', () => {
  const cases: readonly (readonly [
    first: number,
    count: number,
    taken: readonly number[],
    found: number | undefined,
  ])[] = [
    [5201, 1, [], 5201],
    [5201, 1, [5201, 5202], 5203],
    [5101, 3, [5102], 5103],
    [5101, 2, [5102, 5105], 5103],
    [65_535, 2, [], undefined],
    [65_535, 1, [65_535], undefined],
  ]
  for (const [first, count, taken, found] of cases) {
    const demand = { at: 'receiver', count, first } as const
    assert.is(
      firstFree(demand, port => !taken.includes(port)),
      found,
      `${first} x ${count} past ${taken}`,
    )
  }
})

test('TCP ports in use are those that somebody listens on, UDP ports those that somebody has', () => {
  const rows = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1451 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1',
    '   1: 0100007F:1452 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1',
    ' 700: 00000000000000000000000000000000:1453 00000000000000000000000000000000:0000 07 00000000:00000000 00:0 0 0 0 3',
  ]
  assert.equal([...(portsInUse.read(rows.join('\n')) ?? [])], [0x1451, 0x1453])
})

test.run()
