import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { stateOf, untilAsFound } from '../fixtures/host-state.ts'
import { labReason } from '../fixtures/lab.ts'
import { onlyProblem, type RunOnLab, startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { onToolRun, startsOf, toolPlaybook } from '../fixtures/tool-run.ts'

const test = suite('runner: commands of a playbook, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'] })
const reason = labReason()
const limitMs = 90_000

const voidReasons = (run: RunOnLab) => run.of('attempt_void').flatMap(({ reasons }) => reasons)
const command = (definition: object, name = 'f') =>
  `${name}: ${JSON.stringify({ from: 'A', to: 'C', tool: 'command', command: definition })}`

test.unless(
  reason,
  'playbooks/command.yml passes from bare hosts, its figures are those that the programs printed, and they are gone again',
  shared.on(lab =>
    withRuns(async runs => {
      const before = stateOf(lab)
      cpSync('playbooks/files', join(runs, 'files'), { recursive: true })
      const end = await startRun(lab, runs, readFileSync('playbooks/command.yml', 'utf8')).ended
      assert.is(end.code, 0, `${JSON.stringify(end.problems)} ${end.stderr}`)
      const [flow] = end.result.flows
      const printed = (file: string) => readFileSync(join(end.folder, 'flows', file), 'utf8')
      const { sent, seconds } = JSON.parse(printed('own.sender.out'))
      const rates: number[] = seconds.map(({ rate }: { readonly rate: number }) => rate)
      assert.is(printed('own.receiver.out'), `received ${sent} octets\n`)
      assert.is(rates.length, 2)
      assert.equal(
        [flow?.tool, flow?.figures['sent'], flow?.figures['received']],
        ['command', String(sent), String(sent)],
      )
      const measured = ['min', 'max'].map(each => Number(flow?.figures[`rate.${each}`]))
      assert.equal(
        measured,
        [Math.min(...rates), Math.max(...rates)].map(each => Math.round(each * 1e6)),
      )
      await untilAsFound(lab, before)
    }),
  ),
  { limitMs },
)

test.unless(
  reason,
  'JSON, expressions and CSV of both ends are read, and a receiver is waited for by a line of its standard output',
  shared.on(lab =>
    onToolRun(
      lab,
      toolPlaybook([
        command({
          receiver:
            'trap "echo heard 7 from {from}; exit 0" TERM; sleep 0.3; echo up on {port}; while :; do sleep 0.1; done',
          ready: { line: '^up on \\d+$' },
          sender: ['printf', '%s\\n', 'rtt,lost', '0.5,1', '1.5,3', '{address} {port2} {folder}'.replaceAll(' ', ',')],
          figures: { heard: { regex: '^heard (\\d+) from [\\d.]+$', of: 'receiver' } },
        }),
        command(
          {
            sender: 'printf "rtt,lost\\n0.5,1\\n1.5,3\\n"; exit 3',
            ok_codes: [0, 3],
            figures: { rtt: { csv: 'rtt', unit: 'ms' }, lost: { csv: 2, take: 'last' } },
          },
          'rows',
        ).replace('"csv":2', '"csv":"lost"'),
        command(
          {
            sender: ['echo', '{"end": {"rate": 12.5, "each": [1, 2, 6]}}'],
            figures: {
              rate: { json: 'end.rate', unit: 'Mbit/s' },
              each: { json: '$.end.each[*]', unit: 's' },
            },
          },
          'text',
        ),
      ]),
      (run, end) => {
        assert.is(end.code, 0, `${JSON.stringify(end.problems)} ${voidReasons(run)}`)
        const figures = new Map(end.result.flows.map(({ name, figures: all }) => [name, all]))
        assert.is(figures.get('f')?.['heard'], '7')
        assert.is(figures.get('rows')?.['lost'], '3')
        assert.equal(minAndMax(figures.get('rows'), 'rtt'), [500_000, 1_500_000])
        assert.is(figures.get('text')?.['rate'], '12500000')
        assert.equal(minAndMax(figures.get('text'), 'each'), [1e9, 6e9])
        const last = startsOf(run, 'snd-f')[0]?.argv.at(-1)
        assert.match(last ?? '', /^[\d.]+,5302,\/\S+$/)
      },
    ),
  ),
  { limitMs },
)

const minAndMax = (figures: Readonly<Record<string, string>> | undefined, name: string) =>
  ['min', 'max'].map(statistic => Number(figures?.[`${name}.${statistic}`]))

test.unless(
  reason,
  'a port counts when any process of the receiver has opened it, also one that its shell has started',
  shared.on(lab =>
    onToolRun(
      lab,
      toolPlaybook([
        command({
          receiver: `perl -e 'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in({port}, INADDR_ANY)); recv(S, $_, 9, 0); print "$_\n"'; echo over`,
          ready: { port: 'udp' },
          once: true,
          sender: `perl -e 'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); send(S, 42, 0, sockaddr_in({port}, inet_aton("{address}")))'`,
          figures: { got: { of: 'receiver', regex: '^(\\d+)$' } },
        }),
      ]),
      (run, end) => {
        assert.is(end.code, 0, `${JSON.stringify(end.problems)} ${voidReasons(run)}`)
        assert.is(end.result.flows[0]?.figures['got'], '42')
      },
    ),
  ),
  { limitMs },
)

/** Receivers that do not come up: the run is over, with exit code 3. */
const unready = [
  {
    what: 'that never opens its port',
    definition: { receiver: 'exec sleep 300 {port}', ready: { port: 'tcp', timeout: '500ms' } },
    told: /^rcv-f on C was not ready within 500 ms$/,
  },
  {
    what: 'that ignores TERM and never says that it is ready',
    definition: {
      receiver: 'trap "" TERM HUP INT; echo down; while :; do sleep 1; done',
      ready: { line: '^up', timeout: '500ms' },
    },
    told: /^rcv-f on C was not ready within 500 ms$/,
    hint: /^it said: .*down$/,
  },
  {
    what: 'that ends before it is ready',
    definition: { receiver: 'echo no card >&2; exit 7', ready: { after: '5s' } },
    told: /^rcv-f on C ended with exit status 7 before it was ready$/,
    hint: /no card/,
  },
] as const

for (const { what, definition, told, ...more } of unready)
  test.unless(
    reason,
    `a receiver ${what} ends the run, and nothing of it is left`,
    shared.on(lab =>
      onToolRun(lab, toolPlaybook([command({ ...definition, sender: 'echo sent' })]), (run, end) => {
        assert.is(end.code, 3, end.stderr)
        const { message, hint = '' } = onlyProblem(end, 'STEP_PROCESS')
        assert.match(message, told)
        if ('hint' in more) assert.match(hint, more.hint)
        assert.equal(startsOf(run, 'snd-f'), [])
      }),
    ),
    { limitMs },
  )

const rate = { figures: { rate: { json: 'end.rate', unit: 'Mbit/s' } } }

/** What makes an attempt void; after the last one the run is invalid, with exit code 3. */
const voided = [
  {
    what: 'a sender that ends with 1',
    definition: { sender: 'echo no route >&2; exit 1', ...rate },
    told: /^f: the sender ended with exit status 1: no route$/,
  },
  {
    what: 'a sender that is not there',
    definition: { sender: ['no-such-program', '{address}'] },
    told: /^f: the launcher could not exec no-such-program: No such file or directory$/,
  },
  {
    what: 'a sender that hangs and ignores TERM',
    definition: { sender: 'trap "" TERM HUP INT; while :; do sleep 1; done', lasts: '200ms', grace: '300ms' },
    told: /^sender f on A was still there 0\.5 s after its start, and was ended$/,
  },
  {
    what: 'output that is no JSON',
    definition: { sender: ['echo', 'rate: 5'], ...rate },
    told: /^f: rate: the output is no whole JSON$/,
  },
  {
    what: 'JSON without the value',
    definition: { sender: ['echo', '{"end": {}}'], ...rate },
    told: /^f: rate: there is no value at end\.rate in the output$/,
  },
  {
    what: 'output that an expression does not match',
    definition: { sender: ['echo', 'lost none'], figures: { lost: { regex: 'lost (\\d+)' } } },
    told: /^f: lost: nothing matches 'lost \(\\d\+\)' in the output$/,
  },
  {
    what: 'rows without the column',
    definition: { sender: ['printf', 'a,b\\n1,2\\n'], figures: { c: { csv: 'c' } } },
    told: /^f: c: the first line has no column 'c'$/,
  },
  {
    what: 'a receiver that dies in mid-test',
    definition: {
      receiver: 'sleep 1.5; exit 4',
      ready: { after: '100ms' },
      sender: 'exec sleep 20',
      lasts: '20s',
    },
    told: /^rcv-f on C ended with exit status 4$/,
  },
  {
    what: 'a receiver that was to end by itself and does not',
    definition: { receiver: 'while :; do sleep 0.1; done', once: true, sender: ['true'] },
    told: /^f: the receiver was ended by a signal: it said nothing$/,
  },
] as const

for (const { what, definition, told } of voided)
  test.unless(
    reason,
    `${what}: every attempt is void, and nothing is left`,
    shared.on(lab =>
      onToolRun(lab, toolPlaybook([command(definition)], 2), (run, end) => {
        assert.is(end.code, 3, end.stderr)
        assert.is(end.result.verdict, 'invalid')
        const reasons = voidReasons(run)
        assert.is(reasons.length, 2, reasons.join('; '))
        for (const each of reasons) assert.match(each, told)
      }),
    ),
    { limitMs },
  )

test.run()
