// Runs commands in process groups of their own, and ends them with all that they have started.
import { spawn } from 'node:child_process'

const running = new Set()

/** What a group gets between TERM and KILL, and a pipe that somebody still holds after the command's own end. */
const graceMs = 2_000

/** From the last line of a command's output to its end. */
const lastWordMs = 10_000

/**
 * Gives the exit code, undefined after a signal, and all that was printed. It is ended when its time is over, and when it
 * stays after it has printed its `lastWord`.
 */
export function run([command, ...args], { limitMs, lastWord, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, NO_COLOR: '1', ...env },
    })
    running.add(child)
    let output = ''
    const endAfter = (ms, what) =>
      setTimeout(() => {
        output += `\nended: ${what} for ${ms / 1000} s\n`
        end(child)
      }, ms)
    const timers = [endAfter(limitMs, 'it ran')]
    const hear = text => {
      output += text
      if (timers.length === 1 && lastWord?.test(output)) timers.push(endAfter(lastWordMs, 'it had nothing left to do'))
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear)
    child.on('error', reject)
    child.on('exit', () => {
      setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), graceMs).unref()
    })
    child.on('close', code => {
      timers.map(clearTimeout)
      running.delete(child)
      resolve({ code: code ?? undefined, output, pid: child.pid })
    })
  })
}

/** Ends all that runs now. */
export function endAll() {
  for (const child of running) end(child)
}

function end(child) {
  signal(child.pid, 'SIGTERM')
  setTimeout(() => running.has(child) && signal(child.pid, 'SIGKILL'), graceMs).unref()
}

function signal(group, name) {
  try {
    process.kill(-group, name)
  } catch (error) {
    // Its leader has ended, and so has everybody else in the group.
    if (error.code !== 'ESRCH') throw error
  }
}
