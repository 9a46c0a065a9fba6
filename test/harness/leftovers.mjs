// Finds and ends what a test file has left behind: its labs, and processes that carry its mark in their environment.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './child.mjs'

/** Processes that were told to end get this long before they count. */
const graceMs = 2_000

/** Every process that a test file starts inherits this variable. */
export const markOf = id => ({ LOCKSTEP_TEST: id })

/** Gives what was still there, in words; none when the file was tidy. `pid` is that of the test file's process. */
export async function endLeftovers(id, pid) {
  const labs = labsOf(pid)
  for (const name of labs)
    await run([process.execPath, 'bin/lockstep.js', 'lab', 'down', '--name', name], { limitMs: 60_000 })
  for (const until = Date.now() + graceMs; marked(id).length > 0 && Date.now() < until; ) await sleep(50)
  const processes = marked(id)
  for (const each of processes) end(each.pid)
  return [...labs.map(name => `lab ${name}`), ...processes.map(({ pid, command }) => `process ${pid}: ${command}`)]
}

/** Labs of tests are named after the process that made them. */
const labsOf = pid => read(() => readdirSync('/run/lockstep-lab'), []).filter(name => name.startsWith(`t${pid}-`))

function marked(id) {
  const [[name, value]] = Object.entries(markOf(id))
  return read(() => readdirSync('/proc'), [])
    .filter(entry => /^\d+$/.test(entry))
    .filter(pid => proc(pid, 'environ').includes(`${name}=${value}`) && !/\) [ZX] /.test(proc(pid, 'stat').join()))
    .map(pid => ({ pid: Number(pid), command: proc(pid, 'cmdline').join(' ').trim() }))
}

const proc = (pid, file) => read(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'), '').split('\0')

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** A process may go while it is looked at, and other systems have none of these folders. */
function read(body, otherwise) {
  try {
    return body()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(error.code)) return otherwise
    throw error
  }
}
