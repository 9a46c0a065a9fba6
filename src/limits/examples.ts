import type { Place } from '../errors/error.ts'
import { refuse } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { parseDocument } from '../source/document.ts'
import { expected } from '../source/expected.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf, toValue } from '../source/node.ts'
import { type Micros, millis } from '../units/micros.ts'
import { type Net, parseNet } from '../units/net.ts'
import { durationIn } from './values.ts'

type Options = Readonly<Record<string, string | number | boolean>>

/** Somebody asks for a test: what the limits say to it is to be explained. */
export interface LimitsCase {
  readonly identity: string
  /** Where he comes from; undefined: an address that no assignment is about. */
  readonly address: Net | undefined
  readonly test: {
    readonly kind: string
    readonly profile: string
    readonly role: 'sender' | 'receiver'
    readonly interface: string
    readonly from: string
    readonly to: string
    readonly parameters: { readonly sender: Options; readonly receiver: Options }
  }
  readonly duration: Micros
  /** Bound of the peer's clock; undefined: the other end has no lockstepd. */
  readonly peerClockError: Micros | undefined
  /** `allowed`, or the code that it is refused with and the limit: `LIMIT duration`. */
  readonly expect: string | undefined
  readonly at: Place
}

const keys = [
  ...['as', 'address', 'kind', 'profile', 'role', 'interface', 'from', 'to', 'duration', 'options'],
  ...['peer_clock_error', 'expect'],
]

/** One mapping, or a list of them. Throws with everything that is wrong. */
export function readCases(file: string, text: string): readonly LimitsCase[] {
  const root = parseDocument(file, text)
  const findings = newFindings()
  const nodes = root.kind === 'list' ? itemsOf(root) : [root]
  const cases = nodes.map(node => caseIn(node, findings))
  refuse(findings.all())
  return cases
}

/** Documentation's own addresses (RFC 5737) where none are named: limits about peers then have to name them. */
function caseIn(node: SourceNode, findings: Findings): LimitsCase {
  for (const [key, { key: at }] of entriesOf(node))
    if (!keys.includes(key))
      findings.add({
        code: 'SCHEMA_UNKNOWN_KEY',
        message: `there is no key '${key}' here`,
        hint: didYouMean(key, keys),
        at,
      })
  const text = (key: string, otherwise?: string): string => {
    const found = textOf(child(node, key)) ?? otherwise
    if (found === undefined)
      findings.add({ code: 'SCHEMA_MISSING_KEY', message: `the key '${key}' is missing`, at: node.at })
    return found ?? ''
  }
  const time = (key: string, otherwise: Micros | undefined): Micros | undefined => {
    const written = child(node, key)
    const found = written === undefined ? otherwise : durationIn(written)
    if (written !== undefined && found === undefined)
      findings.add({
        code: 'SCHEMA_VALUE',
        message: `${key}: ${expected('a duration such as 10s', written)}`,
        at: written.at,
      })
    return found
  }
  const address = child(node, 'address')
  const net = address && parseNet(textOf(address) ?? '')
  if (address !== undefined && net === undefined)
    findings.add({ code: 'SCHEMA_VALUE', message: `address: ${expected('an address', address)}`, at: address.at })
  const options = child(node, 'options')
  const hasPeer = textOf(child(node, 'peer_clock_error')) !== 'none'
  return {
    identity: text('as'),
    address: net,
    test: {
      ...{ kind: text('kind'), profile: text('profile'), interface: text('interface', 'eth0') },
      role: text('role', 'sender') === 'receiver' ? 'receiver' : 'sender',
      ...{ from: text('from', '192.0.2.1'), to: text('to', '192.0.2.2') },
      parameters: { sender: optionsIn(options, findings), receiver: {} },
    },
    duration: time('duration', undefined) ?? millis(0),
    peerClockError: hasPeer ? time('peer_clock_error', millis(1)) : undefined,
    expect: textOf(child(node, 'expect')),
    at: node.at,
  }
}

/** Whole numbers as the wire has them. */
function optionsIn(node: SourceNode | undefined, findings: Findings): Options {
  return Object.fromEntries(
    entriesOf(node).flatMap(([key, { value: written }]) => {
      const value = toValue(written)
      if (typeof value === 'bigint') return [[key, Number(value)] as const]
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        return [[key, value] as const]
      findings.add({ code: 'SCHEMA_VALUE', message: `${key}: ${expected('one value', written)}`, at: written.at })
      return []
    }),
  )
}
