import * as assert from 'uvu/assert'
import type { Lab } from '../../../src/lab/lab.ts'
import { cutLink, healLink } from '../../../src/lab/link.ts'
import { powerOff, powerOn } from '../../../src/lab/power.ts'
import { type LabState, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { labReason } from '../../fixtures/lab.ts'
import { reportOn, startRun, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import {
  makeReplaced,
  middle,
  outcomesOf,
  playAround,
  printedBy,
  traces,
  type WrittenStep,
  writeStepFiles,
} from '../../fixtures/step-play.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('a host that is lost in the middle of a step, on a lab')
const shared = sharedLab({})
const reason = labReason()

interface Loss {
  lose(lab: Lab): Promise<unknown>
  giveBack(lab: Lab): Promise<unknown>
}

const cable: Loss = {
  lose: lab => cutLink(lab.name, 'B', false),
  giveBack: lab => healLink(lab.name, 'B', false),
}
/** What was in its memory is gone, its disk is not. */
const power: Loss = { lose: lab => powerOff(lab.name, 'B'), giveBack: lab => powerOn(lab.name, 'B') }

interface Case {
  readonly loss: Loss
  readonly step: WrittenStep
  /** They print it when they have begun. */
  readonly begun: readonly string[]
  readonly outcomes: readonly string[]
}

// Longer than it takes until a host is known to be lost.
const long = 'echo begun; [ "$(hostname)" = B ] && sleep 600; sleep 8; echo done'
const cases: Readonly<Record<string, Case>> = {
  'its cable is pulled at work': {
    loss: cable,
    step: { run: long },
    begun: ['A', 'B', 'C'],
    outcomes: ['A changed', 'B failed', 'C changed'],
  },
  'its cable is pulled while others try again and again': {
    loss: cable,
    step: { run: 'echo begun; [ "$(hostname)" = B ] && sleep 600; exit 1', retries: 1000, delay: '1s' },
    begun: ['A', 'B', 'C'],
    outcomes: ['A failed', 'B failed', 'C failed'],
  },
  'its power goes at work': {
    loss: power,
    step: { run: long },
    begun: ['A', 'B', 'C'],
    outcomes: ['A changed', 'B failed', 'C changed'],
  },
}

for (const [what, { loss, step, begun, outcomes }] of Object.entries(cases))
  test.unless(
    reason,
    `${what}: the others finish the step and do what comes after, and the run is invalid`,
    shared.on(lab =>
      withRuns(async runs => {
        makeReplaced(lab)
        writeStepFiles(runs, '0')
        const others = { ...lab, hosts: lab.hosts.filter(({ name }) => name !== 'B') }
        // What lives on without us must clean up by itself; the lab knows a host that comes back by another number.
        const staying = loss === power ? others : lab
        const [found, files] = [withoutLogins(stateOf(lab)), traces(staying)]
        const run = startRun(lab, runs, playAround(step))
        for (const host of begun)
          await run.until('step_output', event => event.host === host && event.lines.includes('begun'))
        await loss.lose(lab)
        try {
          const end = await run.ended
          assert.is(end.code, 3, JSON.stringify(end.problems))
          assert.is(end.result.verdict, 'invalid')
          assert.ok(
            end.problems.some(({ code, message }) => code === 'SSH_LOST' && message.includes('B')),
            JSON.stringify(end.problems),
          )
          assert.equal(outcomesOf(end, middle), outcomes)
          if (outcomes.includes('A changed')) assert.is(printedBy(end, 3, 'A'), 'begun\ndone\n')
          const tries = end.result.steps.find(({ name }) => name === middle)?.hosts.map(host => host.tries) ?? []
          assert.ok(Math.max(...tries) < 60, tries.join())
          assert.equal([outcomesOf(end, 'Never'), outcomesOf(end, 'Last')], [[], ['A changed', 'C changed']])
          assert.is(printedBy(end, 5, 'C'), 'True\n')
          if (outcomes.includes('B failed')) assert.match(await reportOn(end.folder), /^ {2}B: \S/m)
        } finally {
          await loss.giveBack(lab)
        }
        await untilAsFound(staying, found, { exceptLogins: true })
        assert.equal(traces(staying), files)
      }),
    ),
    { limitMs: 120_000 },
  )

/** Those of a link that was cut may stay for a while. */
const withoutLogins = (state: LabState): LabState =>
  Object.fromEntries(
    Object.entries(state).map(([host, lines]) => [host, lines.filter(line => !/: sshd: \S+@/.test(line))]),
  )

test.run()
