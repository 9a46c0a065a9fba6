import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { onHost, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { labReason, say } from '../../fixtures/lab.ts'
import { lockstepProgram } from '../../fixtures/lab-process.ts'
import { withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('playbooks without flows on a lab')
const shared = sharedLab({})
const reason = labReason()

interface Example {
  readonly steps: number
  /** What it leaves on every host, as it says. */
  readonly keeps: readonly string[]
}

/** Every file of playbooks/ that has no flows. */
const examples: Readonly<Record<string, Example>> = {
  'every-step.yml': { steps: 31, keeps: [] },
  'lab-setup.yml': { steps: 10, keeps: ['/etc/sysctl.d/90-lockstep-lab.conf'] },
}

test('no playbook without flows is left out', () => {
  const files = readdirSync('playbooks').filter(name => name.endsWith('.yml'))
  const without = files.filter(file => !/^(flows|senders|mesh):/m.test(readFileSync(join('playbooks', file), 'utf8')))
  assert.equal(without.sort(), Object.keys(examples).sort())
})

for (const [file, { steps, keeps }] of Object.entries(examples))
  test.unless(
    reason,
    `${file} passes, leaves what it says, and tells its secret nowhere`,
    shared.on(lab =>
      withRuns(async runs => {
        const found = stateOf(lab)
        const argv = ['run', `playbooks/${file}`, '-i', lab.inventory, '--runs', runs]
        const { code, stdout, stderr } = await say([process.execPath, lockstepProgram, ...argv])
        assert.is(code, 0, `${stdout}${stderr}`)
        assert.is(stdout.match(/ step \d+ .* in [\d.]+m?s$/gm)?.length, steps)
        const files = readdirSync(runs, { recursive: true, encoding: 'utf8' })
        const texts = files.map(name => join(runs, name)).filter(path => statSync(path).isFile())
        assert.ok(texts.some(path => path.endsWith('/report.html')))
        for (const text of [stdout, stderr, ...texts.map(path => readFileSync(path, 'latin1'))])
          assert.not.match(text, 'not-for-the-log')
        for (const host of lab.hosts) for (const kept of keeps) onHost(host, 'rm', kept)
        await untilAsFound(lab, found)
      }),
    ),
    { limitMs: 120_000 },
  )

test.run()
