import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Lab } from '../../../src/lab/lab.ts'
import type { Play } from '../../../src/playbook/play.ts'
import type { Step } from '../../../src/playbook/step.ts'
import { ms } from '../../../src/units/quantity.ts'
import { onHost, stateOf, untilAsFound } from '../../fixtures/host-state.ts'
import { hostNamed, labReason } from '../../fixtures/lab.ts'
import { madeStep, pull, push, run, script, waitFor } from '../../fixtures/made-steps.ts'
import { playOn, runMade, startMade } from '../../fixtures/run-made.ts'
import { onlyProblem, type RunEnd, reportOn, withRuns } from '../../fixtures/run-on-lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('steps on a lab')
const shared = sharedLab({})
const reason = labReason()
const limitMs = 120_000
const all = ['A', 'B', 'C'] as const

/** A test with a lab and a folder for its files and runs; afterwards the hosts must be as they were. */
function onLab(title: string, body: (lab: Lab, runs: string) => Promise<void>): void {
  const guarded = (lab: Lab) =>
    withRuns(async runs => {
      const found = stateOf(lab)
      await body(lab, runs)
      await untilAsFound(lab, found, { withinMs: 5_000 })
    })
  test.unless(reason, title, shared.on(guarded), { limitMs })
}

const only = (lab: Lab, setup: readonly Step[], more: Partial<Play> = {}) => playOn(lab, { setup, ...more })

/** `A ok, B failed`, one per step. */
const outcomes = (end: RunEnd): string[] =>
  end.result.steps.map(({ hosts }) =>
    hosts
      .map(({ host, item, outcome }) => `${host}${item === undefined ? '' : `:${item}`} ${outcome}`)
      .sort()
      .join(', '),
  )

const read = (end: RunEnd, file: string) => readFileSync(join(end.folder, file), 'utf8')

onLab('a play without flows passes when every step did, and shows only the phases that it has', async (lab, runs) => {
  const play = only(lab, [
    madeStep('Say the name', all, { act: run('hostname; echo to-stderr >&2; pwd') }),
    madeStep('An argv', ['B'], { act: run(['printf', '%s|', 'a b', "it's"]) }),
  ])
  const made = startMade(play, runs)
  const end = await made.ended
  assert.is(end.code, 0, JSON.stringify(end.problems))
  assert.is(end.result.verdict, 'pass')
  assert.equal(outcomes(end), ['A changed, B changed, C changed', 'B changed'])
  assert.equal(made.of('run_started')[0]?.phases, ['connect', 'setup', 'report', 'cleanup'])
  assert.equal(
    made.of('phase_started').map(({ phase }) => phase),
    ['connect', 'setup', 'report', 'cleanup'],
  )
  assert.is(read(end, 'steps/01-say-the-name/A.stdout'), 'A\n/root\n')
  assert.is(read(end, 'steps/01-say-the-name/A.stderr'), 'to-stderr\n')
  assert.is(read(end, 'steps/02-an-argv/B.stdout'), "a b|it's|")
  const said = made.of('step_output').filter(({ host, stream }) => host === 'C' && stream === 'stdout')
  assert.equal(
    said.flatMap(({ lines }) => lines),
    ['C', '/root'],
  )
  const record = JSON.parse(read(end, 'hosts/A.json')) as { before: Record<string, unknown> }
  assert.ok(typeof record.before['kernel'] === 'string' && record.before['qdiscs'] === undefined)
  assert.match(await reportOn(end.folder), /^step 1 +setup +Say the name +3 changed/m)
})

onLab('env, cwd, stdin and exit statuses that are no failure', async (lab, runs) => {
  const more = { env: { GREETING: "it's $HOME" }, cwd: '/etc', stdin: 'from stdin', okCodes: [0, 3] }
  const end = await runMade(
    only(lab, [madeStep('All', ['A'], { act: run('echo "$GREETING"; pwd; cat; exit 3', more) })]),
    runs,
  )
  assert.is(end.code, 0, JSON.stringify(end.problems))
  assert.is(read(end, 'steps/01-all/A.stdout'), "it's $HOME\n/etc\nfrom stdin")
  assert.is(end.result.steps[0]?.hosts[0]?.code, 3)
})

onLab(
  'a script runs by its first line or by sh, with its words and its own stdin, and leaves nothing',
  async (lab, runs) => {
    writeFileSync(join(runs, 'perl.pl'), '#!/usr/bin/perl\nprint "perl @ARGV ", scalar(<STDIN>);\n')
    writeFileSync(join(runs, 'plain.sh'), 'echo "sh $1 $PWD $0"; exit 4\n')
    const end = await runMade(
      only(lab, [
        madeStep('Perl', all, { act: script('perl.pl', { args: ['a b', 'c'], stdin: 'input\n' }) }),
        madeStep('Sh', ['A'], { act: script('plain.sh', { args: ['x'], cwd: '/etc', okCodes: [4] }) }),
      ]),
      runs,
    )
    assert.is(end.code, 0, JSON.stringify(end.problems))
    assert.is(read(end, 'steps/01-perl/C.stdout'), 'perl a b c input\n')
    assert.match(read(end, 'steps/02-sh/A.stdout'), /^sh x \/etc \/tmp\/lockstep\.\w+\/script\.\w+\/script\n$/)
  },
)

onLab('a pushed file and template are there meanwhile, and what was there before is put back', async (lab, runs) => {
  const [a] = [hostNamed(lab, 'A')]
  onHost(a, 'sh', '-c', 'echo before >/etc/made.conf; chmod 640 /etc/made.conf; chown 1:2 /etc/made.conf')
  writeFileSync(join(runs, 'made.conf'), 'pushed\n')
  chmodSync(join(runs, 'made.conf'), 0o600)
  const show = 'cat /etc/made.conf /etc/new.conf; stat -c "%a %u:%g" /etc/made.conf /etc/new.conf'
  const pushes = [
    madeStep('Push', ['A'], { act: push({ path: 'made.conf' }, '/etc/made.conf') }),
    madeStep('Again', ['A'], { act: push({ path: 'made.conf' }, '/etc/made.conf') }),
    madeStep('Template', ['A'], {
      act: push({ text: 'made text', template: 'x.j2' }, '/etc/new.conf', { owner: '3:4' }),
    }),
    madeStep('Show', ['A'], { act: run(show) }),
  ]
  try {
    const end = await runMade(only(lab, pushes), runs, { diff: true })
    assert.is(end.code, 0, JSON.stringify(end.problems))
    assert.equal(outcomes(end), ['A changed', 'A ok', 'A changed', 'A changed'])
    assert.is(read(end, 'steps/04-show/A.stdout'), 'pushed\nmade text600 1:2\n644 3:4\n')
    assert.is(
      read(end, 'steps/01-push/A.stdout'),
      '--- /etc/made.conf\n+++ /etc/made.conf\n@@ -1 +1 @@\n-before\n+pushed\n',
    )
    assert.not.ok(existsSync(join(end.folder, 'steps/02-again')))
    assert.is(
      onHost(a, 'sh', '-c', 'cat /etc/made.conf; stat -c "%a %u:%g" /etc/made.conf; ls /etc/new.conf 2>&1 || :'),
      "before\n640 1:2\nls: cannot access '/etc/new.conf': No such file or directory\n",
    )
  } finally {
    onHost(a, 'rm', '-f', '/etc/made.conf')
  }
})

onLab('a folder is pushed with what is in it; with keep it stays', async (lab, runs) => {
  mkdirSync(join(runs, 'tree/inner'), { recursive: true })
  writeFileSync(join(runs, 'tree/a'), 'a')
  writeFileSync(join(runs, 'tree/inner/b'), Buffer.from([0, 255, 10]))
  const list = 'cd /opt && find tree kept -type f | sort | xargs cksum'
  try {
    const end = await runMade(
      only(lab, [
        madeStep('Push', ['B'], { act: push({ path: 'tree' }, '/opt/tree') }),
        madeStep('Keep', ['B'], { act: push({ path: 'tree' }, '/opt/kept', { keep: true }) }),
        madeStep('Again', ['B'], { act: push({ path: 'tree' }, '/opt/kept', { keep: true }) }),
        madeStep('List', ['B'], { act: run(list) }),
      ]),
      runs,
    )
    assert.is(end.code, 0, JSON.stringify(end.problems))
    assert.equal(outcomes(end), ['B changed', 'B changed', 'B ok', 'B changed'])
    assert.equal(
      read(end, 'steps/04-list/B.stdout')
        .trim()
        .split('\n')
        .map(line => line.split(' ')[2]),
      ['kept/a', 'kept/inner/b', 'tree/a', 'tree/inner/b'],
    )
    assert.is(onHost(hostNamed(lab, 'B'), 'sh', '-c', 'ls -d /opt/tree /opt/kept 2>/dev/null || :'), '/opt/kept\n')
  } finally {
    onHost(hostNamed(lab, 'B'), 'rm', '-rf', '/opt/kept')
  }
})

onLab('pulled files lie below their host and path; what is missing is said', async (lab, runs) => {
  const make =
    'mkdir -p /var/tmp/p/in && echo one >/var/tmp/p/1.log && printf "t\\0wo" >"/var/tmp/p/t w.log" && echo deep >/var/tmp/p/in/x'
  const end = await runMade(
    only(lab, [
      madeStep('Make', all, { act: run(make) }),
      madeStep('Pull', all, { act: pull(['/var/tmp/p/*.log', '/var/tmp/p/in']) }),
      madeStep('Elsewhere', ['A'], { act: pull(['/var/tmp/p/1.log', '/nowhere*'], { to: 'logs', missingOk: true }) }),
      madeStep('Tidy', all, { act: run('rm -r /var/tmp/p') }),
      madeStep('Missing', ['A'], { act: pull(['/nowhere/*.log']) }),
    ]),
    runs,
  )
  assert.is(end.code, 3)
  assert.is(onlyProblem(end, 'STEP_FAILED').message, 'A: Missing: nothing there: /nowhere/*.log')
  for (const host of all) {
    assert.is(read(end, `pulled/${host}/var/tmp/p/1.log`), 'one\n')
    assert.is(read(end, `pulled/${host}/var/tmp/p/t w.log`), 't\0wo')
    assert.is(read(end, `pulled/${host}/var/tmp/p/in/x`), 'deep\n')
  }
  assert.is(read(end, 'logs/A/var/tmp/p/1.log'), 'one\n')
})

onLab(
  'wait_for sees a port, a file, its absence, a line of a log that is replaced, and a command',
  async (lab, runs) => {
    const begin = `exec >/dev/null 2>&1 </dev/null
cd /var/tmp; rm -f w.*
perl -MIO::Socket::INET -e 'sleep 1; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:5999") or die; open F, ">w.file"; close F; sleep 1; unlink "w.file"; open L, ">w.log"; syswrite L, "first lin"; sleep 1; rename "w.log", "w.old"; open M, ">w.log"; syswrite M, "the second li"; sleep 1; syswrite M, "ne 42\\n"; sleep 3' &`
    const steps = [
      madeStep('Begin', ['A'], { act: run(begin) }),
      madeStep('Port', ['A'], { act: waitFor({ kind: 'port', port: 5999, address: '127.0.0.1' }) }),
      madeStep('File', ['A'], { act: waitFor({ kind: 'file', path: '/var/tmp/w.file', absent: false }, 10) }),
      madeStep('Gone', ['A'], { act: waitFor({ kind: 'file', path: '/var/tmp/w.file', absent: true }) }),
      madeStep('Log', ['A'], { act: waitFor({ kind: 'log', path: '/var/tmp/w.log', pattern: /second line \d+$/g }) }),
      madeStep('Command', ['A'], { act: waitFor({ kind: 'command', command: { line: 'test -f /var/tmp/w.log' } }) }),
      madeStep('Tidy', ['A'], { act: run('rm -f /var/tmp/w.*') }),
      madeStep('Never', ['A'], { act: waitFor({ kind: 'port', port: 5998, address: '127.0.0.1' }), timeout: ms(300) }),
    ]
    const end = await runMade(only(lab, steps), runs)
    assert.is(end.code, 3)
    assert.is(onlyProblem(end, 'STEP_FAILED').message, 'A: Never: it took longer than 300ms')
    assert.equal(outcomes(end).slice(1, 6), ['A ok', 'A ok', 'A ok', 'A ok', 'A ok'])
  },
)

onLab(
  'steps at the controller: a line by the user’s shell, an argv, a script; results are every host’s',
  async (lab, runs) => {
    writeFileSync(join(runs, 'here.sh'), 'echo "script $1"; pwd\n')
    const server = createServer().listen(0, '127.0.0.1')
    const port = await new Promise<number>(resolve =>
      server.once('listening', () => resolve((server.address() as { port: number }).port)),
    )
    const keep = { keep: ({ stdout }: { stdout: string }) => new Map([['where', stdout.trim()]]) }
    const end = await runMade(
      only(lab, [
        madeStep('Line', 'local', {
          act: run('false | true || echo "$X in $(pwd)"', { env: { X: '1 2' } }),
          task: keep,
        }),
        madeStep('Argv', 'local', { act: run(['printf', '%s', '$HOME *']) }),
        madeStep('Script', 'local', { act: script('here.sh', { args: ['a b'], cwd: '/' }) }),
        madeStep('Port', 'local', { act: waitFor({ kind: 'port', port, address: '127.0.0.1' }) }),
        madeStep('Hosts', all, { act: (host, known) => run(['echo', String(known.get(host, 'where'))]) }),
      ]),
      runs,
      { env: { PATH: process.env['PATH'], SHELL: '/bin/bash' } },
    )
    server.close()
    assert.is(end.code, 0, JSON.stringify(end.problems))
    assert.is(read(end, 'steps/01-line/local.stdout'), `1 2 in ${runs}\n`)
    assert.is(read(end, 'steps/02-argv/local.stdout'), '$HOME *')
    assert.is(read(end, 'steps/03-script/local.stdout'), 'script a b\n/\n')
    assert.is(read(end, 'steps/05-hosts/C.stdout'), `1 2 in ${runs}\n`)
  },
)

onLab(
  'results are known per host, facts are asked when they are wanted, once is for all, items go in order',
  async (lab, runs) => {
    const said = (name: string) => ({ keep: ({ stdout }: { stdout: string }) => new Map([[name, stdout.trim()]]) })
    const end = await runMade(
      only(lab, [
        madeStep('Learn', all, { act: run('hostname'), task: said('me') }),
        madeStep('Use', all, {
          act: (host, known) => run(['echo', `${known.get(host, 'me')} ${known.get('B', 'me')}`]),
        }),
        madeStep('Once', all, { act: run('hostname'), task: said('first'), once: true }),
        madeStep('All', all, {
          act: (host, known) => {
            const facts = known.get(host, 'facts') as
              | { interfaceState?: { operstate?: string }; cpus: bigint }
              | undefined
            return run([
              'echo',
              String(known.get(host, 'first')),
              typeof facts?.cpus,
              String(facts?.interfaceState !== undefined),
            ])
          },
        }),
        madeStep('Items', ['A'], { act: () => [run('echo 1'), run('echo 2'), run('echo 3')], items: ['x', 'y', 'z'] }),
        madeStep('When', all, { act: host => (host === 'B' ? [run('hostname')] : []) }),
      ]),
      runs,
    )
    assert.is(end.code, 0, JSON.stringify(end.problems))
    assert.is(read(end, 'steps/02-use/C.stdout'), 'C B\n')
    assert.equal(outcomes(end).slice(2), [
      'A changed',
      'A changed, B changed, C changed',
      'A:x changed, A:y changed, A:z changed',
      'A skipped, B changed, C skipped',
    ])
    assert.is(read(end, 'steps/04-all/C.stdout'), 'A bigint true\n')
    assert.is(read(end, 'steps/05-items/A.stdout'), '1\n2\n3\n')
  },
)

onLab(
  'a failing host ends the run after the step, what others said is kept, and after-steps are done',
  async (lab, runs) => {
    const end = await runMade(
      only(
        lab,
        [
          madeStep('Fail', all, {
            act: host => run(host === 'B' ? 'echo one; echo bad luck >&2; exit 7' : 'sleep 0.5; hostname'),
          }),
          madeStep('Never', all, { act: run('hostname') }),
        ],
        {
          after: [
            madeStep('Broken', ['A'], { act: run('exit 9') }),
            madeStep('After', all, { act: (_, known) => run(['echo', String(known.failed)]) }),
          ],
        },
      ),
      runs,
    )
    assert.is(end.code, 3)
    assert.is(end.result.verdict, 'invalid')
    assert.equal(
      end.problems.map(({ code, message, hint }) => [code, message, hint]),
      [
        ['STEP_FAILED', 'B: Fail: exit status 7', 'it said: bad luck'],
        ['STEP_FAILED', 'A: Broken: exit status 9', undefined],
      ],
    )
    assert.equal(outcomes(end), ['A changed, B failed, C changed', 'A failed', 'A changed, B changed, C changed'])
    assert.is(read(end, 'steps/01-fail/C.stdout'), 'C\n')
    assert.is(read(end, 'steps/04-after/C.stdout'), 'true\n')
    assert.match(await reportOn(end.folder), /^step 1 .*1 failed.*\n {2}B: exit status 7\nstep 3/m)
  },
)

onLab('a failing after-step turns 0 into 3', async (lab, runs) => {
  const after = [madeStep('Broken', all, { act: host => run(host === 'C' ? 'exit 9' : 'true') })]
  const end = await runMade(playOn(lab, { setup: [], after }), runs)
  assert.is(end.code, 3)
  assert.is(onlyProblem(end, 'STEP_FAILED').message, 'C: Broken: exit status 9')
})

onLab('optional, retries with until, and asserts', async (lab, runs) => {
  const count = 'n=$(cat /var/tmp/n 2>/dev/null || echo 0); n=$((n + 1)); echo $n >/var/tmp/n; echo $n; [ $n -ge 3 ]'
  const end = await runMade(
    only(lab, [
      madeStep('Optional', all, { act: run('exit 5'), optional: true }),
      madeStep('Retried', ['A'], { act: run(count), retries: 5, delay: ms(10) }),
      madeStep('Until', ['A'], {
        act: run(count),
        retries: 4,
        task: { enough: ({ stdout }) => stdout === '5\n' },
      }),
      madeStep('Tidy', ['A'], { act: run('rm /var/tmp/n') }),
      madeStep('Never', ['A'], { act: run('true'), retries: 1, optional: true, task: { enough: () => false } }),
      madeStep('True', all, { act: { kind: 'assert', claims: [{ text: '1 == 1', holds: true }], message: undefined } }),
      madeStep('False', all, {
        act: host => ({
          kind: 'assert',
          claims: [
            { text: 'a == b', holds: host === 'A' },
            { text: 'c', holds: true },
          ],
          message: 'they differ',
        }),
        kind: 'assert',
      }),
    ]),
    runs,
  )
  assert.is(end.code, 1)
  assert.is(end.result.verdict, 'fail')
  assert.equal(
    end.problems.map(({ code, message }) => [code, message]),
    [
      ['STEP_ASSERT', 'B: False: they differ (not so: a == b)'],
      ['STEP_ASSERT', 'C: False: they differ (not so: a == b)'],
    ],
  )
  assert.equal(
    end.result.steps[0]?.hosts.map(({ outcome, code }) => [outcome, code]),
    Array(3).fill(['ignored', 5]),
  )
  assert.is(end.result.steps[1]?.hosts[0]?.tries, 3)
  assert.is(end.result.steps[2]?.hosts[0]?.tries, 2)
  assert.is(end.result.steps[4]?.hosts[0]?.reason, "what 'until' waits for is not so after 2 tries")
})

onLab(
  'forks bound the hosts at a time, and hosts that have not begun when one fails do not begin',
  async (lab, runs) => {
    const made = startMade(
      only(lab, [madeStep('Fail', all, { act: host => run(host === 'A' ? 'exit 1' : 'true') })]),
      runs,
      { forks: 1 },
    )
    const end = await made.ended
    assert.is(end.code, 3)
    assert.equal(outcomes(end), ['A failed, B skipped, C skipped'])
    assert.equal(made.of('step_ended')[0]?.counts, { ok: 0, changed: 0, skipped: 2, failed: 1, ignored: 0 })
  },
)

onLab('no secret is in any event or file of the run', async (lab, runs) => {
  const secret = "s3cr3t'word"
  const learned = 'tok-9876'
  const secrets = { secrets: [secret] }
  const b64 = Buffer.from(`user:${secret}`).toString('base64')
  const made = startMade(
    only(lab, [
      madeStep('Say it', ['A'], {
        act: run([
          'sh',
          '-c',
          'printf "%.3s" "$1"; sleep 0.1; printf "%s\\n" "$3"; echo "$2"; echo "$1" >&2',
          'sh',
          secret,
          b64,
          secret.slice(3),
        ]),
        task: secrets,
      }),
      madeStep('Learn', ['A'], {
        act: run(`echo ${learned}`),
        secret: true,
        task: { keep: ({ stdout }) => new Map([['token', stdout]]) },
      }),
      madeStep('Tell', ['A'], {
        act: (host, known) => run(['echo', `got ${String(known.get(host, 'token')).trim()}`]),
      }),
      madeStep('Fail', ['A'], {
        act: run(`echo "no ${learned} for ${secret.replace("'", '')}" >&2; exit 1`),
        task: { secrets: [secret.replace("'", '')] },
      }),
    ]),
    runs,
  )
  const end = await made.ended
  assert.is(end.code, 3)
  assert.not.ok(existsSync(join(end.folder, 'steps/02-learn')))
  const said = read(end, 'steps/01-say-it/A.stdout')
  assert.match(said, /^\*+\ndXNlcjp\*+[\w=]{0,3}\n$/)
  assert.is(read(end, 'steps/03-tell/A.stdout'), 'got ********\n')
  const everything = [
    JSON.stringify(made.events),
    ...end.files.filter(file => statSync(join(end.folder, file)).isFile()).map(file => read(end, file)),
  ]
  for (const text of everything)
    for (const each of [secret, secret.replace("'", ''), learned, b64.slice(8, -4)])
      assert.not.ok(text.includes(each), text)
})

onLab('after-steps are done after Ctrl-C too, a lost controller step dies with its children', async (lab, runs) => {
  const made = startMade(
    only(lab, [madeStep('Long', 'local', { act: run('sleep 4711 & sleep 4711') })], {
      after: [madeStep('After', all, { act: (_, known) => run(['echo', String(known.failed)]) })],
    }),
    runs,
  )
  await made.until('step_started', ({ name }) => name === 'Long')
  await new Promise(resolve => setTimeout(resolve, 300))
  made.interrupt()
  const end = await made.ended
  assert.is(end.code, 130)
  assert.is(read(end, 'steps/02-after/B.stdout'), 'true\n')
  const left = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && commandOf(pid) === 'sleep\x004711\x00')
  assert.equal(left, [])
})

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test.run()
