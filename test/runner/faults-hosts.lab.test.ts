import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { labPaths } from '../../src/lab/folder.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { powerOff, powerOn } from '../../src/lab/power.ts'
import { fastPlaybook } from '../fixtures/fast-playbook.ts'
import { onHost, stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunEnd, runFolders, runToEnd, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('hosts that cannot be used and files that are wrong, on a lab')
const shared = sharedLab({ fastPtp: true })
const reason = labReason()

for (const [what, wrong, problem] of [
  [
    'a misspelt key',
    { from: 'num-frames', to: 'num-frmes' },
    { code: 'SCHEMA_UNKNOWN_KEY', text: /num-frmes/, hint: /did you mean 'num-frames'/ },
  ],
  ['a wrong unit', { from: 'offset: 10us', to: 'offset: 10kg' }, { code: 'SCHEMA_VALUE', text: /10kg/, hint: /ns/ }],
  [
    'an undefined variable',
    { from: 'cycle-time: 2ms', to: 'cycle-time: "{{ pace }}"' },
    { code: 'SCHEMA_UNDEFINED', text: /'pace' is not defined for host A/, hint: /known here: interface/ },
  ],
] as const) {
  test.unless(
    reason,
    `${what} is said with its place, and no host is touched`,
    shared.on(lab =>
      withRuns(async runs => {
        const before = logins(lab)
        const playbook = fastPlaybook().replace(wrong.from, wrong.to)
        const line = playbook.split('\n').findIndex(each => each.includes(wrong.to)) + 1
        const end = await runToEnd(lab, runs, playbook)
        assert.is(end.code, 2)
        assert.match(end.stderr, new RegExp(`^test\\.yml:${line}:\\d+: .*\\[${problem.code}\\]`, 'm'))
        assert.match(end.stderr, problem.text)
        assert.match(end.stderr, problem.hint)
        assert.equal(runFolders(runs), [])
        assert.equal(logins(lab), before)
      }),
    ),
  )
}

test.unless(
  reason,
  'a host that shows another key than the known one is refused, with the way out',
  shared.on(lab =>
    withRuns(async runs => {
      const knownHosts = join(runs, 'known_hosts')
      const [a, b] = [hostNamed(lab, 'A').address, hostNamed(lab, 'B').address]
      const lines = readFileSync(lab.knownHosts, 'utf8').split('\n')
      const keyOfA = lines.find(line => line.startsWith(`${a} `))?.slice(a.length) ?? ''
      writeFileSync(knownHosts, lines.map(line => (line.startsWith(`${b} `) ? b + keyOfA : line)).join('\n'))
      const end = await unusable(lab, runs, inventoryWith(lab, runs, lab.knownHosts, knownHosts))
      const { message, hint } = onlyProblem(end, 'SSH_HOST_KEY')
      assert.match(
        message,
        /^the host key of B has changed: it shows ssh-ed25519 SHA256:\S+, \S+known_hosts:2 has SHA256:/,
      )
      assert.match(hint ?? '', new RegExp(`ssh-keygen -f ${knownHosts} -R ${b}`))
    }),
  ),
)

test.unless(
  reason,
  'a host that lets nobody in is refused, with what was tried',
  shared.on(lab =>
    withRuns(async runs => {
      const key = join(runs, 'stranger')
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
      const end = await unusable(lab, runs, inventoryWith(lab, runs, lab.key, key))
      assert.equal(
        end.problems.map(({ code }) => code),
        ['SSH_LOGIN', 'SSH_LOGIN', 'SSH_LOGIN'],
      )
      assert.match(end.problems[0]?.message ?? '', /^A lets nobody in as root with .*stranger; it takes publickey$/)
      assert.match(end.problems[0]?.hint ?? '', /ssh-copy-id/)
    }),
  ),
)

test.unless(
  reason,
  'a program that one host lacks is named with its package, and nothing is started anywhere',
  shared.on(lab =>
    withRuns(async runs => {
      const host = hostNamed(lab, 'C')
      onHost(host, 'mv', '/usr/bin/isochron', '/usr/bin/isochron.away')
      try {
        const end = await unusable(lab, runs, lab.inventory)
        const { message, hint } = onlyProblem(end, 'HOST_PROGRAM')
        assert.is(message, 'C has no isochron')
        assert.is(hint, 'on Debian: apt-get install isochron')
      } finally {
        onHost(host, 'mv', '/usr/bin/isochron.away', '/usr/bin/isochron')
      }
    }),
  ),
)

test.unless(
  reason,
  'a host that is off is said to be out of reach, and the others are left as they were',
  shared.on(lab =>
    withRuns(async runs => {
      await powerOff(lab.name, 'B')
      try {
        const others = { ...lab, hosts: lab.hosts.filter(({ name }) => name !== 'B') }
        const end = await unusable(others, runs, lab.inventory)
        assert.is(end.problems.length, 1)
        // The kernel says EHOSTUNREACH, or nothing for longer than we wait.
        assert.match(end.problems[0]?.code ?? '', /^SSH_(UNREACHABLE|TIMEOUT)$/)
        assert.match(
          end.problems[0]?.message ?? '',
          /^B \(\S+ port 22\) (cannot be reached|did not answer within 10 s)/,
        )
        assert.match(end.problems[0]?.hint ?? '', /is the host up/)
        assert.ok(end.tookMs < 20_000, `${end.tookMs} ms`)
      } finally {
        await powerOn(lab.name, 'B')
      }
    }),
  ),
)

/** Runs into exit 4: no process was started, the hosts of `lab` are as they were, the run folder says why. */
async function unusable(lab: Lab, runs: string, inventory: string): Promise<RunEnd> {
  const before = stateOf(lab)
  const end = await runToEnd(lab, runs, fastPlaybook(), { inventory })
  assert.is(end.code, 4, end.stderr)
  assert.equal(end.result.exitCode, 4)
  assert.equal(
    end.result.reasons,
    end.problems.map(({ message }) => message),
  )
  const events = readFileSync(join(end.folder, 'events.ndjson'), 'utf8')
  assert.not.match(events, /"kind":"process_started"/)
  await untilAsFound(lab, before)
  return end
}

/** A copy of the lab's inventory with one path in place of another. */
function inventoryWith(lab: Lab, runs: string, path: string, instead: string): string {
  const file = join(runs, 'inventory.ini')
  writeFileSync(file, readFileSync(lab.inventory, 'utf8').replaceAll(path, instead))
  return file
}

/** What the sshds of a lab have written down: every connection leaves lines there. */
const logins = (lab: Lab): readonly string[] =>
  lab.hosts.map(({ name }) => readFileSync(labPaths(lab.name).host(name).log, 'utf8'))

test.run()
