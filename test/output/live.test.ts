import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { PassThrough } from 'node:stream'
import * as assert from 'uvu/assert'
import { frame } from '../../src/output/frame.ts'
import { lineWidth, plainText } from '../../src/output/line.ts'
import { liveRenderer } from '../../src/output/live.ts'
import { rendererFor } from '../../src/output/renderer.ts'
import { summary } from '../../src/output/summary.ts'
import { symbolsFor } from '../../src/output/symbols.ts'
import { emptyView, follow, type View } from '../../src/output/view.ts'
import type { EventKind, RunEvent } from '../../src/runner/events.ts'
import { crowdedGate, failedStep, gateDeadline, itemsOn, twoCells, twoSendersPass } from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'
import { FakeTerminal } from '../fixtures/terminal.ts'

const test = suite('output/live')
const utf8 = { LANG: 'C.UTF-8' }
const symbols = symbolsFor(utf8)

const msOf = (event: RunEvent) => Date.parse(event.at) - Date.parse('2026-03-01T09:00:00.000Z')

/** The view just after the event for which `until` holds first. */
function viewAt(events: readonly RunEvent[], until: (event: RunEvent) => boolean): { view: View; nowMs: number } {
  let view = emptyView
  for (const event of events) {
    view = follow(view, event, msOf(event))
    if (until(event)) return { view, nowMs: msOf(event) }
  }
  throw new Error('the fixture has no such event')
}

const textAt = (view: View, columns: number, rows: number, nowMs: number) =>
  frame(view, { columns, rows }, nowMs, symbols).map(line => plainText(line).trimEnd())

test('while the gate waits, every host shows its port, both offsets and why it is not good', () => {
  const { view, nowMs } = viewAt(twoSendersPass, ({ kind }) => kind === 'gate_round')
  assert.equal(textAt(view, 100, 24, nowMs), [
    'Two senders, one receiver',
    '✔ connect    259ms',
    '✔ sync       639ms',
    '✔ receivers  199ms',
    '⠇ gate       9ms of 2m00s  good 0 of 3  limit 100ns',
    '    A   PHC +1.234us  sys +37.000s  SLAVE   its PHC is 1.234us ahead of the grandmaster (limit 100…',
    '    B  PHC -48.000us      sys +3ns  SLAVE   its PHC is 48us behind the grandmaster (limit 100ns)',
    '    C        PHC 0ns     sys +17ns  MASTER',
    '· traffic',
    '· collect',
    '· judge',
    '· report',
    '· cleanup',
    '! B: the CPU governor is powersave',
    '  hint: set it to performance',
  ])
})

test('of an experiment the head says which cell of how many, and what the last one measured is gone', () => {
  const second = (event: RunEvent) => event.kind === 'phase_started' && event.cell === 's=56@1'
  const { view, nowMs } = viewAt(twoCells, second)
  assert.equal(textAt(view, 100, 24, nowMs).slice(0, 1), ['Echo  cell 2 of 2: s=56@1'])
  assert.equal(view.judged, [])
  assert.equal(view.cells, { pass: 0, fail: 1, invalid: 0, none: 0 })
  const { view: end } = viewAt(twoCells, ({ kind, cell }) => kind === 'run_ended' && cell === undefined)
  const lines = summary(end, 100, nowMs, symbols).map(line => plainText(line).trimEnd())
  assert.ok(lines.includes('2 cells  1 pass, 1 fail'), lines.join('\n'))
  assert.ok(lines.some(line => line.startsWith('FAIL')))
})

test('a step shows how many hosts are done, what was not good and who is still at it; other phases are not shown', () => {
  const { view, nowMs } = viewAt(failedStep, event => event.kind === 'step_host' && event.host === 'A')
  assert.equal(textAt(view, 100, 24, nowMs + 100), [
    'Load drivers',
    '✔ connect    199ms',
    '⠼ setup      299ms',
    '    1  Load the driver  2 of 3 hosts, 298ms',
    '    ✖ B (igb): failed after 3 tries, 99ms: exit status 1',
    '    still at it: C',
    '· after',
    '· report',
    '· cleanup',
  ])
})

const named = "1  run: [touch, '/tmp/a folder with a long name/{{ inventory_hos…"
for (const [what, size, [host, item], expected] of [
  ['its first of several items', 3, ['n1', 'one'], [`${named}  0 of 3 hosts, 60ms`, 'still at it: n1, n2, n3']],
  ['its last item', 3, ['n1', 'two'], [`${named}  1 of 3 hosts, 110ms`, 'still at it: n2, n3']],
  [
    'an item that failed',
    3,
    ['n3', 'one'],
    [`${named}  3 of 3 hosts, 260ms`, '✖ n3 (one): failed after 50ms: exit status 1'],
  ],
  ['one of many', 20, ['n5', 'two'], [`${named}  5 of 20 hosts, 510ms`]],
  ['most', 20, ['n17', 'two'], [`${named}  17 of 20 hosts, 1.7s`, 'still at it: n18, n19, n20']],
] as const)
  test(`a step on ${size} hosts, after ${what}`, () => {
    const { view, nowMs } = viewAt(
      itemsOn(size),
      event => event.kind === 'step_host' && event.host === host && event.item === item,
    )
    const shown = textAt(view, 100, 24, nowMs + 10)
    assert.equal(shown.slice(0, 2), ['Touch', '✔ connect    39ms'])
    assert.equal(
      shown.slice(3, -2),
      expected.map(line => `    ${line}`),
    )
    assert.equal(shown.slice(-2), ['· report', '· cleanup'])
  })

test('before a run has said what it will do nothing is shown of it', () => {
  assert.equal(textAt(emptyView, 80, 24, 0), [''])
})

test('on 40 columns lines are cut, on 10 rows the phases that are over share one', () => {
  const { view, nowMs } = viewAt(twoSendersPass, ({ kind }) => kind === 'gate_round')
  assert.equal(textAt(view, 40, 10, nowMs), [
    'Two senders, one receiver',
    '✔ connect, sync, receivers',
    '⠇ gate       9ms of 2m00s  good 0 of 3…',
    '    A   PHC +1.234us  sys +37.000s  SL…',
    '    B  PHC -48.000us      sys +3ns  SL…',
    '    C        PHC 0ns     sys +17ns  MA…',
    '! B: the CPU governor is powersave',
    '  hint: set it to performance',
  ])
})

test('during traffic each flow has a bar that follows its schedule', () => {
  const { view, nowMs } = viewAt(twoSendersPass, ({ kind }) => kind === 'traffic_reading')
  assert.equal(textAt(view, 80, 24, nowMs + 600).slice(5, 9), [
    '⠋ traffic    1.1s of 1.6s',
    '    a  A → C  ██████████░░░░░░░░░░  51/100',
    '    b  B → C  ██████████░░░░░░░░░░  50/100',
    '    clocks at most PHC -31ns, sys +17ns',
  ])
})

test('after a void attempt the gate is in view again, with its reason', () => {
  const { view, nowMs } = viewAt(twoSendersPass, event => event.kind === 'gate_round' && event.at.includes('09:00:08'))
  assert.equal(textAt(view, 80, 24, nowMs), [
    'Two senders, one receiver',
    '✔ connect    259ms',
    '✔ sync       639ms',
    '✔ receivers  199ms',
    '⠦ gate       2.0s of 2m00s  good 0 of 3  limit 100ns',
    '    A  PHC +812ns   sys -8ns  SLAVE   its PHC is 812ns ahead of the grandmaste…',
    '    B   PHC -31ns   sys +4ns  SLAVE',
    '    C     PHC 0ns  sys +17ns  MASTER',
    '· traffic',
    '· collect',
    '· judge',
    '· report',
    '· cleanup',
    '! B: the CPU governor is powersave',
    '  hint: set it to performance',
    '! attempt 1 of 3 is void',
    '  A: its PHC is 49.998us ahead of the grandmaster (limit 100ns)',
  ])
})

test('no frame is ever higher or wider than the terminal', () => {
  const events = [...twoSendersPass, ...gateDeadline, ...crowdedGate(500, 2)]
  for (const [columns, rows] of [
    [80, 24],
    [40, 24],
    [20, 8],
    [200, 60],
    [5, 3],
    [1, 1],
  ] as const) {
    let view = emptyView
    for (const event of events) {
      view = follow(view, event, msOf(event))
      const lines = frame(view, { columns, rows }, msOf(event), symbols)
      assert.ok(lines.length <= Math.max(1, rows - 2), `${lines.length} lines on ${rows} rows`)
      for (const line of lines) assert.ok(lineWidth(line) < Math.max(2, columns), plainText(line))
    }
  }
})

test('of 500 hosts at the gate those out of step are shown, the rest is counted', () => {
  const { view, nowMs } = viewAt(crowdedGate(500, 1), ({ kind }) => kind === 'gate_round')
  const lines = textAt(view, 80, 24, nowMs)
  assert.is(lines.length, 22)
  const hosts = lines.filter(line => /^ {4}host\d{3}/.test(line))
  assert.is(hosts.length, 11)
  assert.ok(
    hosts.every(line => line.includes('PHC +5.000us')),
    hosts.join('\n'),
  )
  assert.ok(lines.includes('    489 more, 61 of them not in step'))
})

/** Events that change how many lines there are, and where. */
const drawnAfter: readonly EventKind[] = ['warning', 'gate_round', 'attempt_void', 'traffic_started']

/** Plays events through the renderer on a fake terminal, and looks at the screen in between. */
async function play(events: readonly RunEvent[], terminal: FakeTerminal, env: Record<string, string> = utf8) {
  let nowMs = 0
  let view = emptyView
  const renderer = liveRenderer({ stdout: terminal, env, now: () => nowMs })
  for (const event of events) {
    nowMs = msOf(event)
    view = follow(view, event, nowMs)
    renderer.event(event)
    if (!drawnAfter.includes(event.kind)) continue
    await once(terminal, 'drawn')
    const { columns, rows } = terminal
    const expected = frame(view, { columns, rows }, nowMs, symbolsFor(env)).map(line => plainText(line).trimEnd())
    assert.is(terminal.screen(), expected.join('\n'))
  }
  assert.is(terminal.cursorHidden, true)
  await renderer.end()
  return terminal
}

test('a run leaves its phases, figures, expectations, verdict and folder on the terminal', async () => {
  const terminal = await play(twoSendersPass, new FakeTerminal(80, 24))
  assert.equal(terminal.scrollback(), [
    '✔ connect    259ms',
    '✔ sync       639ms',
    '✔ receivers  199ms',
    '✔ gate       3.8s',
    '✔ traffic    2.2s',
    '✔ collect    199ms',
    '✔ judge      49ms',
    '✔ report     49ms',
    '✔ cleanup    300ms',
    '',
    '! B: the CPU governor is powersave',
    '  hint: set it to performance',
    '! attempt 1 of 3 is void',
    '  A: its PHC is 49.998us ahead of the grandmaster (limit 100ns)',
    '',
    'flow  lost          path-delay',
    'a        0  21.4us, max 88.1us',
    'b        0  24.9us, max 91.7us',
    '',
    '✔ lost == 0  a: 0, b: 0',
    '✔ path-delay.mean < 200us  a: 21.4us, b: 24.9us',
    '',
    'PASS  Two senders, one receiver  13.0s',
    'report runs/20260301-090000-two-senders/result.json',
    'folder runs/20260301-090000-two-senders',
  ])
  assert.is(terminal.cursorHidden, false)
  assert.is(terminal.wrapped, false)
  assert.ok(terminal.raw.includes('\u001b[32mPASS\u001b[39m'))
})

test('a gate that never opened leaves the reasons and what was not collected', async () => {
  const terminal = await play(gateDeadline, new FakeTerminal(120, 24))
  assert.equal(terminal.scrollback(), [
    '✔ connect    259ms',
    '✔ sync       639ms',
    '✔ receivers  199ms',
    '✖ gate       failed after 10.0s',
    '✔ collect    8ms',
    '✔ cleanup    300ms',
    '',
    '! B: the CPU governor is powersave',
    '  hint: set it to performance',
    '✖ C: rcv-a exited with 1',
    '✖ A: the gate did not open within 10s: its PHC is 37s ahead of the grandmaster (limit 100ns)  [USAGE_VALUE]',
    '  hint: 37 s is the UTC offset: one clock runs on UTC, the other on TAI',
    '✖ a: nothing collected from the receiver: rcv-a is not running',
    '✖ A: still there: ptp4l (pid 4711)',
    '',
    'INVALID  Two senders, one receiver  11.4s',
    '  A: its PHC is 37s ahead of the grandmaster (limit 100ns)',
    'folder runs/20260301-090000-two-senders',
  ])
})

test('NO_COLOR and a locale without UTF-8 give bare ASCII', async () => {
  const terminal = await play(twoSendersPass, new FakeTerminal(80, 24), { NO_COLOR: '1', LANG: 'C' })
  assert.not.match(terminal.raw, /\u001b\[[\d;]*m/)
  assert.match(terminal.raw, /^[\u0000-\u007f]*$/)
  assert.ok(terminal.scrollback().includes('+ gate       3.8s'))
})

test('a run that stops without an end still gives the cursor back', async () => {
  const before = process.listenerCount('exit')
  const terminal = await play(twoSendersPass.slice(0, 20), new FakeTerminal(80, 24))
  assert.is(terminal.cursorHidden, false)
  assert.is(process.listenerCount('exit'), before)
})

test('a terminal that becomes narrower loses nothing above the frame', async () => {
  const terminal = new FakeTerminal(80, 24)
  terminal.write('$ lockstep run two-senders.yml\n')
  const renderer = liveRenderer({ stdout: terminal, env: utf8 })
  for (const event of twoSendersPass.slice(0, 20)) renderer.event(event)
  await once(terminal, 'drawn')
  terminal.resizeTo(40, 20)
  await once(terminal, 'drawn')
  await once(terminal, 'drawn')
  assert.is(terminal.screen().split('\n')[0], '$ lockstep run two-senders.yml')
  assert.is(terminal.scrollback().filter(line => line.startsWith('Two senders')).length, 1)
  assert.is(terminal.scrollback().filter(line => line.includes('cleanup')).length, 1)
  await renderer.end()
})

test('500 hosts at the gate never hold the event loop for long', async () => {
  const terminal = new FakeTerminal(120, 50)
  const renderer = liveRenderer({ stdout: terminal, env: utf8 })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const events = crowdedGate(500, 30)
  for (const event of events.slice(0, -30)) renderer.event(event)
  delay.enable()
  for (const event of events.slice(-30)) {
    renderer.event(event)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  delay.disable()
  await renderer.end()
  assert.ok(delay.max < 250e6, `the event loop stood still for ${delay.max / 1e6} ms`)
})

test('a live screen is for terminals only: dumb ones, CI and pipes get lines', async () => {
  const [event] = twoSendersPass as [RunEvent]
  const first = async (stdout: FakeTerminal | PassThrough, env: Record<string, string>) => {
    let written = ''
    const write = stdout.write.bind(stdout)
    stdout.write = ((text: string, ...rest: []) => {
      written += text
      return write(text, ...rest)
    }) as typeof stdout.write
    const renderer = await rendererFor({ stdout, stderr: new PassThrough(), env, json: false })
    renderer.event(event)
    if (stdout instanceof PassThrough) stdout.resume()
    await renderer.end()
    return written.startsWith('\u001b[?25l') ? 'live' : 'lines'
  }
  assert.is(await first(new FakeTerminal(80, 24), { TERM: 'xterm' }), 'live')
  assert.is(await first(new FakeTerminal(80, 24), { TERM: 'dumb' }), 'lines')
  assert.is(await first(new FakeTerminal(80, 24), { CI: 'true' }), 'lines')
  assert.is(await first(new FakeTerminal(80, 24), { CI: 'false' }), 'live')
  assert.is(await first(new PassThrough(), {}), 'lines')
})

test.run()
