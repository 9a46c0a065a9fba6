import { readFile } from 'node:fs/promises'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import { runningHost } from './change.ts'
import { type ClockTruth, readTruth } from './clocks.ts'
import { findLab, labPaths, readOrNothing, readPid } from './folder.ts'
import type { HostPlan, LabPlan } from './plan.ts'
import { isAlive } from './process.ts'

export interface HostStatus {
  readonly name: string
  readonly address: string
  readonly power: 'on' | 'off'
  /** `cut`: at the switch. `no ssh`: the host has no way to the controller. */
  readonly link: 'up' | 'cut' | 'no ssh' | 'off'
  /** The host's PHC minus the switch's: the truth, not what a program believes. */
  readonly phcOffset: Nanoseconds
  /** The host's system clock, taken to TAI with the 37 s that ptp4l assumes, minus its own PHC. */
  readonly systemOffset: Nanoseconds
}

export interface LabStatus {
  readonly name: string
  readonly network: string
  /** Whether the switch's ptp4l runs. */
  readonly ptp: 'running' | 'stopped'
  readonly hosts: readonly HostStatus[]
}

const utcOffset = 37_000_000_000n

/** The state of a lab, with all clocks read at one instant. Starts nothing in it. */
export async function labStatus(name: string): Promise<LabStatus> {
  const plan = await findLab(name)
  const paths = labPaths(name)
  const states = [paths.switch.clockState, ...plan.hosts.map(host => paths.host(host.name).clockState)]
  const [truth, ptp, ...links] = await Promise.all([
    readTruth(paths.programs.tool, states),
    switchPtp(name),
    ...plan.hosts.map(host => linkOf(plan, host)),
  ])
  const [reference, ...clocks] = truth
  const hosts = plan.hosts.map(({ name, address }, i): HostStatus => {
    const link = links[i] ?? 'off'
    return { name, address, power: link === 'off' ? 'off' : 'on', link, ...offsets(clocks[i], reference) }
  })
  return { name, network: `${plan.network}.0/24`, ptp, hosts }
}

function offsets(clock: ClockTruth | undefined, reference: ClockTruth | undefined) {
  if (clock === undefined || reference === undefined) throw new RangeError('the truth has fewer lines than clocks')
  return {
    phcOffset: ns(clock.phcNs - reference.phcNs),
    systemOffset: ns(clock.systemNs + utcOffset - clock.phcNs),
  }
}

/** /proc/PID/root and /proc/PID/net lead into a host without a process of ours in it. */
async function linkOf(plan: LabPlan, host: HostPlan): Promise<HostStatus['link']> {
  const first = await runningHost(plan.name, host.name)
  if (first === undefined) return 'off'
  // operstate says the same, but up to a second later.
  const carrier = await readOrNothing(`/proc/${first.pid}/root/sys/class/net/eth0/carrier`)
  if (carrier?.trim() !== '1') return 'cut'
  const routes = (await readOrNothing(`/proc/${first.pid}/net/route`)) ?? ''
  return hasBlackhole(routes, plan.controller.address) ? 'no ssh' : 'up'
}

/** proc(5), /proc/PID/net/route: a route to nowhere has the interface `*`; addresses are little endian hexadecimal. */
export function hasBlackhole(routes: string, address: string): boolean {
  const octets = address.split('.').map(octet => Number(octet).toString(16).toUpperCase().padStart(2, '0'))
  const destination = octets.reverse().join('')
  return routes.split('\n').some(line => /^\*\s+/.test(line) && line.split(/\s+/)[1] === destination)
}

/** The switch's first process only watches over ptp4l and outlives it. */
async function switchPtp(lab: string): Promise<LabStatus['ptp']> {
  const first = await readPid(labPaths(lab).switch)
  if (first === undefined || !(await isAlive(first))) return 'stopped'
  const children = await readFile(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8')
  return children.trim() === '' ? 'stopped' : 'running'
}
