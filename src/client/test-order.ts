import type { When } from '../book/calls.ts'
import { LockstepError } from '../errors/error.ts'
import type { Flow } from '../playbook/play.ts'
import type { Instant, Reserve } from '../playbook/reserve.ts'
import { writtenValues } from '../playbook/resolved.ts'
import { type PlannedTest, planWithPorts } from '../tools/profile.ts'
import { type OfferedProfile, usualProfiles } from '../tools/usual-profiles.ts'
import { after, type Moment, micros, moment } from '../units/micros.ts'
import { parseNet } from '../units/net.ts'
import type { WireTest } from '../wire/book-shapes.ts'
import type { Order } from './book.ts'
import type { Endpoint } from './endpoint.ts'
import { clockConflict, theirNow } from './seen-clock.ts'

/** A test of two endpoints, or of one toward whatever answers at an address. */
export interface TestOrder extends Order {
  readonly profile: OfferedProfile
  /** All options with the defaults filled in. */
  readonly options: PlannedTest['options']
}

export interface Ends {
  readonly from: Endpoint
  /** Undefined: nothing is started there, and nobody is asked. */
  readonly to: Endpoint | undefined
  /** The variable `interface` of each host; empty: the endpoint has only one. */
  readonly fromInterface: string
  readonly toInterface: string
  /** Of the receiving host, where it is a number: what is tested toward when nobody there can be asked. */
  readonly toAddress: string
}

/** Whether the tool starts anything at the receiving end. */
export const hasReceiver = (tool: string): boolean => profileNamed(tool).tool.programs.receiver !== undefined

/** Of a test whose length only the network knows: a traceroute that meets silence at every hop ends well before. */
const unknownLength = micros(60_000_000)

/** What is asked of the endpoints of a flow. Throws what cannot be asked, and SYNC_ENDPOINTS when the clocks are not right. */
export function testOrder(flow: Flow, ends: Ends, { earliest, latest, duration, onDisconnect }: Reserve): TestOrder {
  const profile = profileNamed(flow.tool)
  const given = {
    sender: writtenValues(flow.sender, profile.tool),
    receiver: writtenValues(flow.receiver, profile.tool),
  }
  const wantsV6 = profile.tool.asksForV6(flow.sender) || (flow.over?.includes(':') ?? false)
  const own = placeOf(ends.from, ends.fromInterface, wantsV6)
  const far = ends.to && placeOf(ends.to, ends.toInterface, wantsV6)
  const [from, to] = [own.address, flow.over ?? far?.address ?? numberOf(ends.toAddress, flow)]
  const plan = planned(profile, { ...given, from, to })
  const spec = (role: WireTest['role'], at: Endpoint, device: string): WireTest => ({
    ...{ kind: kindAt(at, profile), profile: profile.name, role, interface: device, from, to, parameters: given },
  })
  const members = [
    { ...ends.from, spec: spec('sender', ends.from, own.device), address: from },
    ...(plan.receiver === undefined || ends.to === undefined || far === undefined
      ? []
      : [{ ...ends.to, spec: spec('receiver', ends.to, far.device), address: to }]),
  ]
  refuseConflict(members)
  const lasts = plan.sender.lasts === undefined ? unknownLength : micros(Math.ceil(Number(plan.sender.lasts) / 1_000))
  return {
    ...{ members, when: whenOf(earliest, latest, theirNow(members)), onDisconnect, profile, options: plan.options },
    duration: duration === undefined ? lasts : micros(Math.ceil(Number(duration) / 1_000)),
    what: { tool: profile.name, from, to, parameters: given },
  }
}

function profileNamed(tool: string): OfferedProfile {
  const profile = Object.hasOwn(usualProfiles, tool) ? usualProfiles[tool] : undefined
  if (profile !== undefined) return profile
  throw new LockstepError('PLAYBOOK_FLOW', `endpoints start no ${tool}`, {
    hint: `they start ${Object.keys(usualProfiles).join(', ')}; a run over ssh in reserved time may do everything`,
  })
}

/** Endpoints look no names up. */
function numberOf(address: string, { name, to }: Flow): string {
  if (parseNet(address) !== undefined) return address
  throw new LockstepError('PLAYBOOK_FLOW', `${name}: ${to} is known by a name, and endpoints look no names up`, {
    hint: 'name the address that is tested toward: over: ADDRESS, or --over',
  })
}

/** The first there that has the profile: each limits file has names of its own. */
function kindAt({ session: { host, welcome } }: Endpoint, { name }: OfferedProfile): string {
  const found = Object.entries(welcome.kinds).find(([, profiles]) => profiles.includes(name))
  if (found !== undefined) return found[0]
  throw new LockstepError('BOOK_REFUSED', `${host} offers no test with ${name}`)
}

/** The interface of an endpoint and its address there. */
export function placeOf({ session: { host, welcome } }: Endpoint, device: string, wantsV6: boolean) {
  const all = Object.entries(welcome.interfaces)
  const usable = all.flatMap(([name, addresses]) => {
    const address = addresses.find(each => each.includes(':') === wantsV6 && !/^fe80:/i.test(each))
    return address === undefined || (device !== '' && device !== name) ? [] : [{ device: name, address }]
  })
  const [only, ...more] = usable
  if (only !== undefined && more.length === 0) return only
  const names = all.map(([name]) => name).join(', ')
  if (only === undefined)
    throw new LockstepError(
      'HOST_INTERFACE',
      `${host} offers no interface ${device} with an address of ${wantsV6 ? 'IPv6' : 'IPv4'}`,
      {
        hint: `it offers ${names === '' ? 'none: its limits file has no nic:NAME among the resources' : names}`,
      },
    )
  throw new LockstepError('PLAYBOOK_INTERFACE', `${host} offers several interfaces: ${names}`, {
    hint: "choose one by the variable 'interface' of the host, as -e interface=NAME",
  })
}

function planned(profile: OfferedProfile, test: Pick<WireTest, 'from' | 'to'> & WireTest['parameters']): PlannedTest {
  const plan = planWithPorts(profile, { ...test, folder: '/', startAt: undefined, inStep: false }, [5_201, 5_202])
  if ('sender' in plan) return plan
  throw new LockstepError('PLAYBOOK_OPTION', plan.map(({ message }) => message).join('; '), {
    hint: plan.find(({ hint }) => hint !== undefined)?.hint,
  })
}

export function refuseConflict(members: readonly Pick<Endpoint, 'session' | 'seen'>[]): void {
  const claimed = members.flatMap(({ session: { host, welcome }, seen }) => {
    const { error } = welcome.clock
    return error === undefined ? [] : [{ host, error, seen }]
  })
  const conflict = clockConflict(claimed)
  if (conflict !== undefined) throw conflict
}

/** Two that are counted from now go to the endpoints as they are; a time of day is the same to all. `now`: by one of their clocks. */
export function whenOf(earliest: Instant, latest: Instant, now: Moment): When {
  if ('in' in earliest && 'in' in latest) return { after: inUs(earliest.in), within: inUs(latest.in) }
  const at = (instant: Instant) =>
    'at' in instant ? moment(Number(instant.at / 1_000n)) : after(now, inUs(instant.in))
  return { from: at(earliest), to: at(latest) }
}

const inUs = (ns: bigint) => micros(Number(ns / 1_000n))
