import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { commandAt, withFolder } from '../fixtures/command.ts'
import { withFakePairs } from '../fixtures/fake-pair.ts'
import { orchestrationOver } from '../fixtures/orchestration.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: clocks are watched during the traffic')

test('a daemon is asked twice a second, not as fast as it answers', () =>
  withFakePairs([{}], pairs =>
    withFolder({}, async cwd => {
      writeFileSync(join(cwd, 'o.txt'), orchestrationOver(pairs, [{ 'num-frames': '200', 'cycle-time': '0.01' }]))
      const { code, stderr } = await commandAt(cwd, ['orchestrate', '-F', 'o.txt'])
      assert.is(code, 0, stderr)
      const asked = pairs[0]?.sender.seen.filter(each => each === 'GET PTPMON_OFFSET').length ?? 0
      // Two seconds of traffic, and a few rounds at the gate.
      assert.ok(asked >= 4 && asked <= 20, `asked ${asked} times`)
    }),
  ))

test.run()
