import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import ssh2 from 'ssh2'
import type { Lab } from '../../src/lab/lab.ts'
import { withLab } from '../fixtures/lab.ts'
import { timed } from './program.ts'
import { type Extent, inSeconds, inTimes, median, type Row } from './row.ts'

const steps = 10
const command = ['test', '-d', '/etc']
/** What must hold however busy the machine is. */
const leastRatio = 4

/** The same commands on many hosts: `lockstep run` beside ansible-playbook and beside a bare loop over ssh2. */
export async function bench({ short, interrupted }: Extent): Promise<readonly Row[]> {
  const size = short ? 12 : 50
  const hosts = Array.from({ length: size }, (_, i) => `n${i + 1}`)
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    return await withLab({ hosts }, async lab => {
      interrupted.throwIfAborted()
      await writeFiles(folder, lab)
      const ours = [
        await timed(lockstep(lab), folder),
        await timed(lockstep(lab), folder),
        await timed(lockstep(lab), folder),
      ]
      const floor = [await bareLoop(lab), await bareLoop(lab), await bareLoop(lab)]
      interrupted.throwIfAborted()
      const theirs = await timed(['ansible-playbook', '-i', lab.inventory, 'ansible.yml'], folder)
      await hangUp(lab, folder)
      return rowsOf(size, { ours: median(ours), floor: median(floor), theirs })
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

function rowsOf(
  size: number,
  { ours, floor, theirs }: { ours: number; floor: number; theirs: number },
): readonly Row[] {
  const what = `${steps} commands on ${size} hosts`
  const ratio = theirs / ours
  return [
    { what: `${what}: ansible-playbook, ${size} forks, pipelining`, measured: inSeconds(theirs) },
    { what: `${what}: a bare loop over ssh2`, measured: `${inSeconds(floor)}, ${inTimes(theirs / floor)} as fast` },
    {
      what: `${what}: lockstep run`,
      measured: `${inSeconds(ours)}, ${inTimes(ratio)} as fast, ${inTimes(ours / floor)} the bare loop`,
      goal: '20 times as fast',
      asserted: { text: `at least ${leastRatio} times as fast as ansible-playbook`, met: ratio >= leastRatio },
    },
  ]
}

/** Ansible's connections stay for a minute, and would hold the lab up. */
const hangUp = ({ sshConfig, hosts }: Lab, folder: string) =>
  Promise.all(
    hosts.map(({ name }) => timed(['ssh', '-F', sshConfig, '-o', `ControlPath=${folder}/%C`, '-O', 'exit', name])),
  )

const lockstep = ({ inventory }: Lab) => [
  ...[process.execPath, resolve('bin/lockstep.js'), 'run', 'steps.yml', '-i', inventory, '--runs', 'runs'],
]

async function writeFiles(folder: string, { sshConfig }: Lab): Promise<void> {
  const each = <T>(make: (i: number) => T) => Array.from({ length: steps }, (_, i) => make(i + 1))
  const ours = each(i => ({ name: `step ${i}`, run: command }))
  const theirs = each(i => ({ name: `step ${i}`, 'ansible.builtin.command': { argv: command }, changed_when: false }))
  await writeFile(join(folder, 'steps.yml'), JSON.stringify({ hosts: 'all', setup: ours }))
  await writeFile(join(folder, 'ansible.yml'), JSON.stringify([{ hosts: 'all', gather_facts: false, tasks: theirs }]))
  // As fast as Ansible goes by itself: one connection per host, no files copied, every host at once.
  await writeFile(
    join(folder, 'ansible.cfg'),
    [
      '[defaults]',
      'forks = 50',
      'interpreter_python = /usr/bin/python3',
      '[ssh_connection]',
      'pipelining = True',
      `ssh_args = -F ${sshConfig} -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=${folder}/%C`,
      '',
    ].join('\n'),
  )
}

/** Connects to all, runs each command on all before the next one begins, and hangs up. */
async function bareLoop(lab: Lab): Promise<number> {
  const privateKey = readFileSync(lab.key)
  const startedAt = performance.now()
  const clients = await Promise.all(
    lab.hosts.map(async ({ address }) => {
      const client = new ssh2.Client()
      client.connect({ host: address, username: 'root', privateKey, readyTimeout: 60_000 })
      client.setNoDelay(true)
      await once(client, 'ready')
      return client
    }),
  )
  for (let step = 0; step < steps; step++) await Promise.all(clients.map(run))
  for (const client of clients) client.end()
  return performance.now() - startedAt
}

const run = (client: ssh2.Client): Promise<void> =>
  new Promise((done, reject) => {
    client.exec(command.join(' '), (error, channel) => {
      if (error !== undefined) return reject(error)
      channel.resume()
      channel.stderr.resume()
      channel.on('close', (code: number) => (code === 0 ? done() : reject(new Error(`exit status ${code}`))))
    })
  })
