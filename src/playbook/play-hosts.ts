import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, type SourceNode, textOf, type Value } from '../source/node.ts'
import { type Address, connectionOf, parseAddress } from './connection.ts'
import type { HostEntry } from './hosts.ts'
import type { PlayHost } from './play.ts'

export interface PlayHostsGround {
  readonly evaluateFor: (host: string) => Evaluator
  /** Hosts that need an interface: all with `sync`, else the ends of flows. */
  readonly using: ReadonlySet<string>
  readonly home: string | undefined
  readonly findings: Findings
}

/** Gives every host its connection and its interface. */
export function readPlayHosts(entries: readonly HostEntry[], ground: PlayHostsGround): PlayHost[] {
  const hosts = entries.map(entry => readPlayHost(entry, ground))
  reportMissing(
    hosts.filter(({ name, interface: device }) => device === undefined && ground.using.has(name)),
    ground.findings,
  )
  return hosts.map(host => ({ ...host, interface: host.interface ?? '' }))
}

type HostDraft = Omit<PlayHost, 'interface'> & { readonly interface: string | undefined }

function readPlayHost(entry: HostEntry, ground: PlayHostsGround): HostDraft {
  const { name, at } = entry
  const evaluate = ground.evaluateFor(name)
  const inventoryName = entry.inventoryHost?.name ?? name
  const written = entry.inventoryHost === undefined ? writtenAddress(entry, evaluate, ground.findings) : undefined
  const where = { inventoryName, written, evaluate, home: ground.home, at }
  return {
    name,
    inventoryName,
    interface: interfaceOf(evaluate, at, ground.findings),
    connection: connectionOf(where, ground.findings),
    at,
  }
}

/** What the playbook says of a host that no inventory has. */
function writtenAddress({ written, at }: HostEntry, evaluate: Evaluator, findings: Findings) {
  if (written === undefined || findings.within(written)) return undefined
  const text = written.kind === 'scalar' ? written : child(written, 'address')
  const address = text === undefined ? undefined : addressIn(text, evaluate, findings)
  if (address === undefined) return undefined
  const user = textOf(evaluated(child(written, 'user'), evaluate))
  const port = numberIn(evaluated(child(written, 'port'), evaluate))
  const kind = textOf(child(written, 'connection'))
  if (port !== undefined && (port < 1 || port > 65_535)) {
    findings.add({ code: 'PLAYBOOK_HOST', message: `expected a port, 1 to 65535, got ${port}`, at })
  }
  return {
    ...address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(kind === 'local' ? { kind: 'local' as const } : {}),
  }
}

const evaluated = (node: SourceNode | undefined, evaluate: Evaluator) => node && evaluate.tree(node)

/** A port out of `{{ }}` may be a text. */
function numberIn(node: SourceNode | undefined): number | undefined {
  return node?.kind === 'scalar' && node.value !== null ? Number(node.value) : undefined
}

function addressIn(node: SourceNode, evaluate: Evaluator, findings: Findings): Address | undefined {
  const text = evaluate.tree(node)
  if (text === undefined) return undefined
  const address = parseAddress(textOf(text) ?? '')
  if (address !== undefined) return address
  const message = `expected an address such as root@10.0.0.1 or an ssh alias, got '${textOf(text) ?? ''}'`
  const hint = 'IPv6 with a port is written [2001:db8::1]:22'
  findings.add({ code: 'PLAYBOOK_HOST', message, hint, at: node.at })
  return undefined
}

/** Linux allows 15 characters (IFNAMSIZ), isochron 14. */
const longestName = 14

function interfaceOf(evaluate: Evaluator, at: Place, findings: Findings): string | undefined {
  const value = variable(evaluate, at, findings)
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^[^\s/:]+$/.test(value) && value.length <= longestName) return value
  const got = typeof value === 'object' && value !== null ? 'a list or mapping' : `'${String(value)}'`
  const message = `the variable 'interface' is the name of a network interface, up to ${longestName} characters, got ${got}`
  findings.add({ code: 'PLAYBOOK_INTERFACE', message, at })
  return ''
}

function variable(evaluate: Evaluator, at: Place, findings: Findings): Value | undefined {
  try {
    return evaluate.variable('interface', at)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(problem)
    return ''
  }
}

/** Hosts that stand in one pattern have one place, and one finding. */
function reportMissing(hosts: readonly HostDraft[], findings: Findings): void {
  const byPlace = new Map<string, HostDraft[]>()
  for (const host of hosts) {
    const key = `${host.at.file}:${host.at.line}:${host.at.column}`
    byPlace.set(key, [...(byPlace.get(key) ?? []), host])
  }
  for (const [first, ...rest] of byPlace.values()) {
    if (first === undefined) continue
    const who = rest.length === 0 ? `host ${first.name} has` : `host ${first.name} and ${rest.length} more have`
    const hint = "write 'interface: eth0' under vars, or give the host one of its own"
    findings.add({ code: 'PLAYBOOK_INTERFACE', message: `${who} no variable 'interface'`, hint, at: first.at })
  }
}
