import type { ToolOption, ToolOptions } from '../playbook/play.ts'
import type { GivenFlow, OptionFault } from '../playbook/tool-description.ts'
import { formatDuration } from '../units/duration.ts'
import { ns } from '../units/quantity.ts'

/** 48 octets of log per frame have to stay below 2^32 (isochron 0.9). */
export const mostFrames = 89_478_485n

/** What cannot work in a sender whose options are each fine by themselves; the options are complete. */
export function senderFaults(flow: GivenFlow, options: ToolOptions): OptionFault[] {
  const missing = needed.filter(name => options[name] === undefined)
  if (missing.length > 0) {
    const names = missing.map(name => `'${name}'`).join(' and ')
    const hint = `write ${missing.map(name => `${name}: ${needs[name]}`).join(', ')}, here or in the section 'isochron'`
    return [{ message: `the isochron option${missing.length > 1 ? 's' : ''} ${names} must be given`, hint }]
  }
  return [...withinCycle(options), ...together(options), ...frame(options), ...limit(flow, options), ...paths(options)]
}

const needs: Readonly<Record<string, string>> = { 'cycle-time': '10ms', 'frame-size': '1500', 'num-frames': '1000' }
const needed = Object.keys(needs)

/** isochron's own checks: advance, shift and window time are at most a cycle. */
function withinCycle(options: ToolOptions): OptionFault[] {
  const cycle = integer(options['cycle-time'])
  const faults = ['window-size', 'shift-time', 'advance-time'].flatMap((option): OptionFault[] => {
    const length = integer(options[option])
    if (length <= cycle) return []
    return [{ option, message: `${option} is ${duration(length)}, longer than the cycle of ${duration(cycle)}` }]
  })
  const lasts = integer(options['num-frames']) * cycle
  if (lasts >= 2n ** 63n) {
    const message = `num-frames times cycle-time is ${duration(lasts)}, more than a 64-bit count of ns can hold`
    return [...faults, { option: 'num-frames', message }]
  }
  const begin = integer(options['base-time']) + integer(options['shift-time'])
  if (begin + lasts >= 2n ** 63n || begin < -(2n ** 63n)) {
    return [...faults, { option: 'base-time', message: 'the last frame would be due after the year 2262' }]
  }
  return faults
}

/** Flags that exclude or need each other. */
function together(options: ToolOptions): OptionFault[] {
  const on = (name: string) => options[name] === true
  const faults: OptionFault[] = []
  if (on('taprio') && on('txtime')) {
    faults.push({ option: 'txtime', message: 'taprio and txtime exclude each other' })
  }
  if (on('deadline') && !on('txtime')) faults.push({ option: 'deadline', message: 'deadline works only with txtime' })
  if (on('sched-fifo') && on('sched-rr')) {
    faults.push({ option: 'sched-rr', message: 'sched-fifo and sched-rr exclude each other' })
  }
  if (!on('l2')) {
    faults.push({ option: 'l2', message: 'only layer 2 can be driven by a controller', hint: "leave 'l2' out" })
  }
  return faults
}

/** EtherTypes that other programs on the host listen to or that change what the frame is. */
const foreign: Readonly<Record<string, string>> = {
  2048: 'IPv4',
  2054: 'ARP',
  33024: 'a VLAN tag',
  34525: 'IPv6',
  34984: 'a service VLAN tag',
  35020: 'LLDP',
  35063: 'PTP',
}

function frame(options: ToolOptions): OptionFault[] {
  const faults: OptionFault[] = []
  const owner = foreign[String(options['etype'])]
  if (owner !== undefined) faults.push({ option: 'etype', message: `this EtherType is that of ${owner}` })
  if (options['vid'] !== undefined) {
    if (integer(options['frame-size']) < 38n) {
      faults.push({ option: 'frame-size', message: 'a frame with a VLAN tag has at least 38 octets' })
    }
    if (integer(options['priority']) > 7n) {
      faults.push({ option: 'priority', message: 'a VLAN tag carries priorities 0 to 7' })
    }
  }
  return [...faults, ...addresses(options)]
}

function addresses(options: ToolOptions): OptionFault[] {
  const faults: OptionFault[] = []
  const { smac, dmac } = options
  for (const [option, mac] of Object.entries({ smac, dmac })) {
    if (mac !== '00:00:00:00:00:00') continue
    faults.push({ option, message: 'the address of zeros means "not given"', hint: `leave '${option}' out` })
  }
  // IEEE 802, clause 8.2.2: the lowest bit of the first octet marks a group address.
  if (typeof smac === 'string' && Number.parseInt(smac.slice(0, 2), 16) % 2 === 1) {
    faults.push({ option: 'smac', message: 'a group address cannot be the source of a frame' })
  }
  return faults
}

function limit({ gate }: GivenFlow, options: ToolOptions): OptionFault[] {
  if (options['omit-sync'] === true || options['sync-threshold'] !== undefined || gate !== undefined) return []
  const hint = "write 'sync: {gate: {offset: 100ns}}', a sync-threshold, or omit-sync: true"
  return [{ message: 'nothing says how far the clocks may be apart', hint }]
}

function paths(options: ToolOptions): OptionFault[] {
  const path = options['unix-domain-socket']
  if (typeof path !== 'string') return []
  const option = 'unix-domain-socket'
  if (!path.startsWith('/')) return [{ option, message: `expected a path from the root, got '${path}'` }]
  if (new TextEncoder().encode(path).length <= longestSocketPath) return []
  return [{ option, message: `the path of a socket has at most ${longestSocketPath} octets` }]
}

/** isochron 0.9: the socket address holds 108 octets. */
const longestSocketPath = 106

const integer = (value: ToolOption | undefined): bigint => (typeof value === 'bigint' ? value : 0n)
const duration = (length: bigint) => formatDuration(ns(length))
