import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { lstat, mkdir, open, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { hostname, networkInterfaces, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import { pause } from '../transport/deadline.ts'
import type { Environment } from '../transport/ssh-settings.ts'

/**
 * This machine as an end of reserved tests without a lockstepd of its own: one is started for it, and ends soon after the last
 * of its tests. Whoever tests from here meanwhile is in the same book.
 */
export interface OwnEndpoint {
  /** The folder of the package. */
  readonly root: string
  readonly env: Environment
  /** How wrong the clock may be, such as `10ms`, where neither chronyd nor the kernel says it. */
  readonly clockError?: string | undefined
}

const hostSocket = '/run/lockstepd/book.sock'
const startWithinMs = 15_000
const lookEachMs = 25
const quickerWithinMs = 3_000
/** Long enough for the next of several tests in a row. */
const unusedFor = '10s'

/** The argv of a broker that speaks to it. HOST_BROKER where it cannot be started; where the host has one, that is to be asked. */
export async function ownBroker(own: OwnEndpoint, signal: AbortSignal): Promise<readonly string[]> {
  if (platform() !== 'linux') throw unusable('tests of reserved time need Linux at both ends')
  if (await answers(hostSocket))
    throw unusable('there is a lockstepd on this host', {
      hint: 'it keeps the book: name this host in the inventory, with ansible_host=localhost and lockstep_user',
    })
  const place = await placeFor(own.env)
  if (!(await answers(place.socket))) await start(place, own, signal)
  return [
    ...['env', '-u', 'SSH_USER_AUTH', '-u', 'SSH_CONNECTION', 'SSH_ORIGINAL_COMMAND=lockstep-broker'],
    ...[process.execPath, join(own.root, 'bin', 'lockstep-broker.js'), '--identity', identity],
    ...['--limits', place.limits, '--socket', place.socket, '--log', join(place.folder, 'broker.log')],
  ]
}

const identity = 'me'

interface Place {
  readonly folder: string
  readonly socket: string
  readonly limits: string
  readonly log: string
}

/** Ours alone, and of this network namespace: another one has other interfaces. */
async function placeFor(env: Environment): Promise<Place> {
  const [, namespace] = /\[(\d+)\]/.exec(await readlink('/proc/self/ns/net')) ?? []
  const folder = join(await ownFolder(env), `endpoint-${namespace}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const at = (name: string) => join(folder, name)
  return { folder, socket: at('book.sock'), limits: at('limits.yml'), log: at('lockstepd.log') }
}

async function ownFolder({ XDG_RUNTIME_DIR: given }: Environment): Promise<string> {
  const uid = process.getuid?.() ?? 0
  const base = uid === 0 ? '/run' : given
  const folder = base === undefined ? join(tmpdir(), `lockstep-${uid}`) : join(base, 'lockstep')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return folder
  throw unusable(`${folder} is not a folder of ours alone`)
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    // Who may not enter the folder does not find out, but there is one.
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  } finally {
    socket.destroy()
  }
}

/** Two who start one at the same time: the kernel lets one of them be, and both go to that. */
async function start(place: Place, own: OwnEndpoint, signal: AbortSignal): Promise<void> {
  await written(place.limits, limitsOf(interfacesHere()))
  const log = await open(place.log, 'w', 0o600)
  const child = spawn(process.execPath, [join(own.root, 'bin', 'lockstepd.js'), ...wordsFor(place, own)], {
    ...{ cwd: '/', detached: true, env: own.env as NodeJS.ProcessEnv, stdio: ['ignore', log.fd, log.fd] },
  })
  child.unref()
  await log.close()
  let until = performance.now() + startWithinMs
  // Where another one was quicker, that is there in a moment.
  child.once('exit', () => {
    until = Math.min(until, performance.now() + quickerWithinMs)
  })
  child.once('error', () => {
    until = 0
  })
  while (!(await answers(place.socket))) {
    if (performance.now() > until) throw unusable(await lastWords(place.log))
    await pause(lookEachMs, signal)
  }
}

const wordsFor = ({ folder, socket, limits }: Place, { clockError }: OwnEndpoint): readonly string[] => [
  ...['--state', join(folder, 'state'), '--socket', socket, '--limits', limits, '--while-used', unusedFor],
  // The lead of a group is the one whose name comes first, and the others go to it: here nobody may get in from outside.
  ...['--endpoint', `zz-${hostname().replaceAll(/[^\w.-]/g, '-')}`, '--free-size', '16M', '--keep-size', '256M'],
  // Tests never run as root, and nobody has to have set this machine up.
  ...(process.getuid?.() === 0 ? ['--user', 'nobody'] : []),
  ...(clockError === undefined ? [] : ['--clock-error', clockError]),
]

/** Those that tests can go over: with an address that others know. */
const interfacesHere = (): readonly string[] =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.some(({ internal, scopeid }) => !internal && !scopeid) ? [name] : [],
  )

/** Whoever may run programs here may test from here; only the book keeps tests apart. JSON is YAML. */
const limitsOf = (interfaces: readonly string[]): string =>
  JSON.stringify({
    version: 1,
    resources: { ...Object.fromEntries(interfaces.map(name => [`nic:${name}`, {}])), 'ports:test': '5202-5900' },
    kinds: {
      throughput: {
        profiles: ['iperf3', 'iperf', 'nuttcp'],
        claims: [nicAs('exclusive'), { resource: 'ports:test', mode: 'ports' }],
      },
      latency: { profiles: ['ping', 'traceroute', 'tracepath'], claims: [nicAs('shared')] },
    },
    identities: { [identity]: {} },
    classes: { own: { limits: { unsynced: true, single_ended: true, block: true, on_disconnect_continue: true } } },
    assign: [{ identity, class: 'own' }],
  })

const nicAs = (mode: string) => ({ resource: 'nic:{interface}', mode })

async function written(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}`
  try {
    await writeFile(next, text, { mode: 0o600 })
    await rename(next, path)
  } finally {
    await rm(next, { force: true })
  }
}

/** A fault of the command line is told in words, one of later on as a line of the log. */
async function lastWords(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(line => line.trim() !== '')
  const plain = lines.filter(line => !line.startsWith('{'))
  return plain[0] ?? lines.at(-1) ?? 'it does not say why'
}

const unusable = (why: string, more: { readonly hint?: string } = {}) =>
  new LockstepError('HOST_BROKER', `this machine cannot be an end of reserved tests: ${why}`, more)
