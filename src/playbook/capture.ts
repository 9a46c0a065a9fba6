import type { Place } from '../errors/error.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, itemsOf, type SourceNode } from '../source/node.ts'
import { type Octets, octets } from '../units/quantity.ts'
import { readOption } from './options.ts'
import { hostsOn, type StepHosts } from './step-hosts.ts'
import type { OptionDescription } from './tool-description.ts'

/** What tcpdump records at one host, from before the gate until after the traffic. */
export interface Capture {
  readonly host: string
  readonly interface: string
  /** An expression of pcap-filter(7); undefined: every packet. */
  readonly filter: string | undefined
  /** Octets of each packet that are kept; undefined: all of them. */
  readonly snaplen: number | undefined
  /** The file grows no larger. */
  readonly size: Octets
  /** What tcpdump calls it; undefined: the best that the interface offers. */
  readonly timestamps: Timestamps | undefined
  /** Where its filter stands, or else the capture. */
  readonly at: Place
}

export type Timestamps = 'host' | 'adapter' | 'adapter_unsynced'

/** One whose interface may be the host's own, which is then not known yet. */
export type CaptureDraft = Omit<Capture, 'interface'> & { readonly interface: string | undefined }

export interface CaptureGround {
  readonly hosts: StepHosts
  readonly evaluate: Evaluator
  readonly evaluateFor: (host: string) => Evaluator
  readonly findings: Findings
  /** Whether the playbook has flows, right or wrong. */
  readonly hasTraffic: boolean
}

const text = (summary: string) => ({ kind: 'text', end: 'both', summary }) as const

const options = {
  filter: text('Which packets are kept, as in pcap-filter(7). Example: udp port 5201.'),
  interface: text('The network interface. Example: eth0.'),
  snaplen: {
    kind: 'octets',
    end: 'both',
    min: 1n,
    max: 262_144n, // MAXIMUM_SNAPLEN of tcpdump
    summary: 'Octets of each packet that are kept. Example: 96.',
  },
  size: {
    kind: 'size',
    end: 'both',
    min: 1000n,
    max: 1_000_000_000_000n,
    summary: 'The file of a host grows no larger. Example: 100M.',
  },
  timestamps: { ...text('Who stamps the packets. Example: host.'), words: ['host', 'adapter', 'adapter_unsynced'] },
} as const satisfies Readonly<Record<string, OptionDescription>>

export const defaultCaptureSize = octets(100_000_000n)

/** The captures of a playbook, one per host at most. */
export function readCaptures(node: SourceNode | undefined, ground: CaptureGround): CaptureDraft[] {
  if (node === undefined || ground.findings.within(node)) return []
  if (!ground.hasTraffic) {
    const message = 'there is no traffic to capture: this playbook has no flows'
    ground.findings.add({ code: 'PLAYBOOK_CAPTURE', message, at: node.at })
    return []
  }
  const drafts = partsOf(node).flatMap(part => readPart(part, ground))
  for (const [index, { host, at }] of drafts.entries()) {
    if (drafts.findIndex(each => each.host === host) === index) continue
    const message = `${host} is in two captures, and there is one file per host`
    ground.findings.add({ code: 'PLAYBOOK_CAPTURE', message, at })
  }
  return drafts
}

interface Part {
  readonly on: SourceNode | undefined
  readonly settings: SourceNode | undefined
  readonly at: Place
}

/** Hosts by themselves are one capture, as they stand in a list; each mapping is one of its own. */
function partsOf(node: SourceNode): Part[] {
  const whole = (settings: SourceNode): Part => ({ on: child(settings, 'on'), settings, at: settings.at })
  if (node.kind === 'mapping') return [whole(node)]
  if (node.kind === 'scalar') return [{ on: node, settings: undefined, at: node.at }]
  const bare = itemsOf(node).filter(item => item.kind !== 'mapping')
  const mappings = itemsOf(node).filter(item => item.kind === 'mapping')
  const hosts: Part[] =
    bare.length === 0 ? [] : [{ on: { ...node, items: bare }, settings: undefined, at: bare[0]?.at ?? node.at }]
  return [...hosts, ...mappings.map(whole)]
}

function readPart({ on, settings, at }: Part, ground: CaptureGround): CaptureDraft[] {
  return hostsOf(on, ground).map(host => {
    const read = (name: keyof typeof options) => {
      const value = child(settings, name)
      if (value === undefined) return undefined
      return readOption(name, options[name], ground.evaluateFor(host).tree(value), ground.findings)
    }
    const [snaplen, size] = [read('snaplen'), read('size')]
    const words = (name: keyof typeof options) => {
      const value = read(name)
      return typeof value === 'string' ? value : undefined
    }
    return {
      host,
      interface: words('interface'),
      filter: words('filter'),
      snaplen: typeof snaplen === 'bigint' ? Number(snaplen) : undefined,
      size: typeof size === 'bigint' ? octets(size) : defaultCaptureSize,
      timestamps: words('timestamps') as Timestamps | undefined, // one of the option's words
      at: child(settings, 'filter')?.at ?? at,
    }
  })
}

function hostsOf(on: SourceNode | undefined, { hosts, evaluate, findings }: CaptureGround): readonly string[] {
  if (on === undefined) return hosts.names
  const evaluated = evaluate.tree(on)
  const named = evaluated && hostsOn(evaluated, hosts, findings)
  if (named !== 'local') return named ?? []
  const message = "a capture is made on hosts of the play, and 'local' is none"
  findings.add({ code: 'PLAYBOOK_CAPTURE', message, hint: 'name the hosts, or write all', at: on.at })
  return []
}

/**
 * Gives each its interface. The card's own stamps are for the host's own interface only: taking them changes the card's time
 * stamping mode, and it is that one whose mode is put back.
 */
export function settleCaptures(
  drafts: readonly CaptureDraft[],
  hosts: readonly { readonly name: string; readonly interface: string }[],
  findings: Findings,
): Capture[] {
  return drafts.map(draft => {
    const own = hosts.find(({ name }) => name === draft.host)?.interface ?? ''
    const device = draft.interface ?? own
    if (device !== own && draft.timestamps?.startsWith('adapter')) {
      const message = `timestamps of the network card are taken at the host's own interface only, ${own || 'which it has none of'}`
      findings.add({ code: 'PLAYBOOK_CAPTURE', message, hint: 'leave out timestamps or interface', at: draft.at })
    }
    return { ...draft, interface: device }
  })
}
