import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { withLab } from '../fixtures/lab.ts'
import { playWithAnsible } from './ansible.ts'
import { commandsOverSsh } from './bare-ssh.ts'
import { timed } from './program.ts'
import { type Extent, inTimes, median, type Row, spread } from './row.ts'

/** What somebody looks at before a test: each ends at once, so that what is measured is the way there and back. */
const commands: readonly (readonly string[])[] = [
  ['true'],
  ['hostname'],
  ['uname', '-r'],
  ['cat', '/proc/loadavg'],
  ['ip', '-o', 'link', 'show'],
  ['test', '-d', '/etc'],
  ['ls', '/sys/class/net'],
  ['head', '-n', '1', '/proc/meminfo'],
  ['cat', '/proc/sys/net/ipv4/ip_forward'],
  ['id', '-u'],
]

/** What must hold however busy the machine is, and on few hosts. */
const goal = 20
const leastRatio = 5
const mostOfFloor = 5

/** Ten commands, each on all hosts before the next: Ansible, ours, and nothing but ssh, in turns on the same lab. */
export const bench = ({ short, interrupted }: Extent): Promise<readonly Row[]> => {
  const hosts = Array.from({ length: short ? 8 : 50 }, (_, i) => `n${i + 1}`)
  return withLab({ hosts }, async lab => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'))
    try {
      const took = { ansible: [] as number[], ours: [] as number[], floor: [] as number[] }
      const rounds = short ? 3 : 5
      for (let round = 0; round < rounds; round++) {
        interrupted.throwIfAborted()
        took.floor.push(await commandsOverSsh(lab, commands))
        took.ours.push(await playWithLockstep(lab, folder))
        // Ansible takes its time, and varies little.
        if (round % (short ? 3 : 2) === 0) took.ansible.push(await playWithAnsible(lab, folder, commands))
      }
      return rowsOf(hosts.length, took)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

/** The ms that its process takes from start to end. */
function playWithLockstep(lab: Lab, folder: string): Promise<number> {
  const file = join(folder, 'steps.yml')
  const setup = commands.map(argv => ({ run: argv }))
  writeFileSync(file, JSON.stringify({ name: 'Ten commands', hosts: 'all', setup })) // JSON is YAML
  const argv = ['run', file, '-i', lab.inventory, '--runs', join(folder, 'runs')]
  return timed([process.execPath, resolve('bin/lockstep.js'), ...argv], folder)
}

function rowsOf(hosts: number, took: Readonly<Record<'ansible' | 'ours' | 'floor', readonly number[]>>): Row[] {
  const [ansible, ours, floor] = [median(took.ansible), median(took.ours), median(took.floor)]
  const what = `${commands.length} commands on ${hosts} hosts`
  return [
    { what: `${what}: ansible-playbook, pipelining, a fork per host`, measured: spread(took.ansible) },
    { what: `${what}: lockstep run`, measured: spread(took.ours) },
    { what: `${what}: a bare loop over ssh`, measured: spread(took.floor) },
    {
      what: 'ansible-playbook / lockstep',
      measured: inTimes(ansible / ours),
      goal: `at least ${goal} times`,
      asserted: { text: `at least ${leastRatio} times`, met: ansible / ours >= leastRatio },
    },
    {
      what: 'lockstep / the bare loop',
      measured: inTimes(ours / floor),
      asserted: { text: `at most ${mostOfFloor} times`, met: ours / floor <= mostOfFloor },
    },
  ]
}
