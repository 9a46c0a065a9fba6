import { type Reason, reason } from '../book/reasons.ts'
import type { ToolOptions } from '../playbook/play.ts'
import { planWithPorts } from '../tools/profile.ts'
import type { OfferedProfile } from '../tools/usual-profiles.ts'
import { type Micros, micros } from '../units/micros.ts'
import type { UtcInstant } from '../units/quantity.ts'
import type { WireTest } from '../wire/book-shapes.ts'

/** This endpoint's end of a test. */
export interface EndPlan {
  readonly argv: readonly string[]
  /** Of the sender, with the defaults filled in. */
  readonly options: ToolOptions
  /** The sender's, where the tool knows it. */
  readonly lasts: Micros | undefined
  /** How many ports the receiving end needs. */
  readonly ports: number
  /** It does not end by itself when its test is over: ending it then is no fault. */
  readonly isEnded: boolean
}

export interface EndSite {
  /** Undefined: not known yet, any will do to see whether all else is right. */
  readonly ports: readonly number[] | undefined
  readonly folder: string
  readonly startAt: UtcInstant | undefined
}

/** As many as any of the offered tools needs. */
const anyPorts = [5_201, 5_202]

/** Only a tool that starts by itself at an instant needs to know, and none of the offered ones does. */
const inStep = false

/** The command line out of a profile and checked parameters, or what is wrong with them. */
export function planEnd(profile: OfferedProfile, spec: WireTest, { ports, ...site }: EndSite): EndPlan | Reason {
  const { from, to, role, parameters } = spec
  const plan = planWithPorts(profile, { ...parameters, from, to, ...site, inStep }, ports ?? anyPorts)
  if (!('sender' in plan)) {
    const [first] = plan
    return reason('BAD_REQUEST', { field: 'spec.parameters', why: first?.message ?? 'are not understood' })
  }
  const { sender, receiver, options } = plan
  const end = role === 'sender' ? sender : receiver
  if (end === undefined)
    return reason('UNSUPPORTED', { role, profile: profile.name, why: 'nothing is started at this end' })
  const needs = profile.tool.ports(options.sender)
  return {
    ...{ argv: end.argv, options: options.sender, ports: needs.length },
    isEnded: role === 'receiver' && receiver?.oneShot === false,
    lasts: sender.lasts === undefined ? undefined : micros(Number(sender.lasts / 1_000n)),
  }
}
