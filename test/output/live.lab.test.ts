import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { rendererFor } from '../../src/output/renderer.ts'
import type { RunEvent } from '../../src/runner/events.ts'
import { crowdedGate, twoSendersPass } from '../fixtures/events.ts'
import { suite } from '../fixtures/suite.ts'

const run = promisify(execFile)
const [, script = '', role, socketOfPlayer = ''] = process.argv

/** Events that the program in the terminal waits before, until the test lets it go on. */
const stops: readonly ((event: RunEvent) => boolean)[] = [
  event => event.kind === 'gate_round' && event.round === 24,
  event => event.kind === 'traffic_reading' && event.at.includes('09:00:05'),
]

if (role === 'play') await play(socketOfPlayer)
else if (role === 'crowd') await crowd(socketOfPlayer)
else {
  const test = suite('output/live in tmux')
  const missing = spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is missing'
  test.unless(missing, 'a run on a real terminal shows its gate, follows a resize and leaves its verdict', () =>
    withTerminal('play', runToVerdict),
  )
  test.unless(missing, 'a terminal that stops reading stops neither the run nor its timers', () =>
    withTerminal('crowd', stopAndGo),
  )
  test.run()
}

/** This file as the program in the terminal. */
async function play(socket: string) {
  const { stdout, stderr, env } = process
  stdout.write('$ lockstep run two-senders.yml\n')
  const renderer = await rendererFor({ stdout, stderr, env, json: false })
  for (const event of twoSendersPass) {
    const stop = stops.findIndex(isNext => isNext(event))
    if (stop >= 0) await run('tmux', ['-S', socket, 'wait-for', `stop${stop}`])
    renderer.event(event)
  }
  await renderer.end()
  stdout.write('$ ')
  await run('tmux', ['-S', socket, 'wait-for', 'seen'])
}

/** As the program in the terminal: 100 hosts at the gate, and how long the event loop stood still meanwhile. */
async function crowd(socket: string) {
  const { stdout, stderr, env } = process
  const renderer = await rendererFor({ stdout, stderr, env, json: false })
  const events = crowdedGate(100, 20)
  for (const event of events.slice(0, -20)) renderer.event(event)
  await run('tmux', ['-S', socket, 'wait-for', 'stopped'])
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  for (const event of events.slice(-20)) {
    renderer.event(event)
    await pause(50)
  }
  await writeFile(`${socket}-stall`, String(delay.max / 1e6))
  await run('tmux', ['-S', socket, 'wait-for', 'going'])
  await renderer.end()
  stdout.write('$ ')
  await run('tmux', ['-S', socket, 'wait-for', 'seen'])
}

interface Terminal {
  readonly socket: string
  tmux(...argv: string[]): Promise<string>
  screen(): Promise<string>
}

/** This file with a role in a terminal of 80 x 24. */
async function withTerminal(role: 'play' | 'crowd', use: (terminal: Terminal) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-output-'))
  const socket = join(folder, 'tmux')
  const tmux = async (...argv: string[]) => (await run('tmux', ['-S', socket, ...argv])).stdout
  const player = ['env', '-u', 'NO_COLOR', '-u', 'CI', 'LANG=C.UTF-8', process.execPath, script, role, socket]
  const stay = [';', 'set', 'remain-on-exit', 'on']
  try {
    await tmux('-u', '-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', ...player, ...stay)
    await use({ socket, tmux, screen: () => tmux('capture-pane', '-p') })
  } finally {
    await tmux('kill-server')
    await rm(folder, { recursive: true })
  }
}

async function stopAndGo({ socket, tmux, screen }: Terminal) {
  await until(screen, text => text.includes('gate'))
  await tmux('send-keys', 'C-s')
  await tmux('wait-for', '-S', 'stopped')
  const stall = await until(
    () => readFile(`${socket}-stall`, 'utf8').catch(() => ''),
    text => text !== '',
  )
  assert.not.match(await screen(), /host001/)
  assert.ok(Number(stall) < 250, `the event loop stood still for ${stall} ms`)
  await tmux('send-keys', 'C-q')
  await until(screen, text => text.includes('host001'))
  await tmux('wait-for', '-S', 'going')
  await until(screen, text => /^\$$/m.test(text))
  await tmux('wait-for', '-S', 'seen')
}

async function runToVerdict({ tmux, screen }: Terminal) {
  const cursor = async () => (await tmux('display-message', '-p', '#{cursor_flag}')).trim()
  const gate = await until(screen, text => /B +PHC -40\.000us +sys \+3ns +SLAVE/.test(text))
  assert.match(gate, /^\$ lockstep run two-senders\.yml\nTwo senders, one receiver\n✔ connect +259ms\n/)
  assert.match(gate, /A +PHC \+1\.\d{3}us +sys \+3\d\.000s +SLAVE +its PHC is 1\.\d+us ahead of the g[a-z]*…\n/)
  assert.is(await cursor(), '0')

  await tmux('resize-window', '-x', '44', '-y', '16')
  const narrow = await until(
    screen,
    text => text.split('\n').every(line => line.length <= 43) && text.includes('✔ connect, sync'),
  )
  assert.is(narrow.split('\n').filter(line => line.startsWith('Two senders')).length, 1)
  await tmux('resize-window', '-x', '80', '-y', '24')

  await tmux('wait-for', '-S', 'stop0')
  await until(screen, text => /a +A → C +[█░]{20} +\d+\/100/.test(text))
  await tmux('wait-for', '-S', 'stop1')
  const end = await until(screen, text => /^folder runs.*\n\$/m.test(text))
  const lines = end.split('\n')
  const prompt = lines.indexOf('$')
  assert.equal(lines.slice(prompt - 13, prompt), [
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
  assert.is(await cursor(), '1')
  assert.match(await tmux('capture-pane', '-p', '-e'), /\u001b\[32m\u001b\[49mPASS/)
  await tmux('wait-for', '-S', 'seen')
}

/** The screen once it is as claimed; fails with what it shows instead. */
async function until(read: () => Promise<string>, isThere: (text: string) => boolean): Promise<string> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const text = await read()
    if (isThere(text)) return text
    if (Date.now() > deadline) throw new Error(`not on the screen:\n${text}`)
    await pause(50)
  }
}
