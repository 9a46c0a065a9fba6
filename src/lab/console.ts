import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { hostOf, hostThatIsOn } from './change.ts'
import { findLab, labPaths } from './folder.ts'
import { searchPath } from './program.ts'

/** Where a program's streams go. */
export interface Terminal {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly interrupted: AbortSignal
}

/** Runs a command in a host without ssh, as on its console: also with its link cut. Gives its exit code. */
export async function execInHost(lab: string, name: string, argv: readonly string[], terminal: Terminal) {
  const { pid } = await hostThatIsOn(lab, hostOf(await findLab(lab), name).name)
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const env = [`PATH=${path}`, 'HOME=/root', 'LANG=C.UTF-8', `TERM=${terminal.env['TERM'] ?? 'dumb'}`]
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid']
  return await attached(['nsenter', '--target', `${pid}`, ...namespaces, '--', 'env', '-i', ...env, ...argv], terminal)
}

/** A login shell by ssh, as anybody else would get it. */
export async function shellOnHost(lab: string, name: string, terminal: Terminal): Promise<number> {
  const host = hostOf(await findLab(lab), name)
  await hostThatIsOn(lab, name)
  return await attached(['ssh', '-F', labPaths(lab).sshConfig, host.name], terminal)
}

async function attached([program = '', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  const { stdin, stdout, stderr } = terminal
  const child = spawn(program, args, {
    stdio: [own(stdin), own(stdout), own(stderr)],
    env: { ...terminal.env, PATH: searchPath() },
  })
  const end = () => child.kill('SIGTERM')
  terminal.interrupted.addEventListener('abort', end)
  if (child.stdin !== null) stdin.pipe(child.stdin)
  child.stdout?.pipe(stdout, { end: false })
  child.stderr?.pipe(stderr, { end: false })
  const [code] = (await once(child, 'close')) as [number | null]
  terminal.interrupted.removeEventListener('abort', end)
  return code ?? 130
}

/** A stream with a descriptor is handed on as it is, so that a terminal stays a terminal. */
const own = (stream: Readable | Writable) => ('fd' in stream && typeof stream.fd === 'number' ? stream.fd : 'pipe')
