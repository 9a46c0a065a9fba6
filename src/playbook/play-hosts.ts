import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import { suggest } from '../errors/suggest.ts'
import type { Evaluator, Variables } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import { child, type SourceNode, textOf, type Value } from '../source/node.ts'
import { brokerIn } from './broker-login.ts'
import { type Address, connectionIn, isPort, parseAddress } from './connection.ts'
import type { HostEntry } from './hosts.ts'
import type { PlayHost } from './play.ts'

/** A host's variables as written, and evaluated. */
export interface HostScope {
  readonly variables: Variables
  readonly evaluate: Evaluator
  /** The same with secrets opened, for passwords. What goes wrong in it must not be told in full. */
  readonly opened: () => Omit<HostScope, 'opened'>
}

export interface PlayHostsGround {
  readonly scopeOf: (host: string) => HostScope
  /** Hosts that need an interface: all with `sync`, else the ends of flows. */
  readonly using: ReadonlySet<string>
  /** Whether the playbook's variables could be read: only then is a missing one a mistake of its own. */
  readonly variablesWhole: boolean
  readonly home: string | undefined
  readonly findings: Findings
}

/** Gives every host its connection and its interface. */
export function readPlayHosts(entries: readonly HostEntry[], ground: PlayHostsGround): PlayHost[] {
  const hosts = entries.map(entry => readPlayHost(entry, ground))
  if (ground.variablesWhole)
    reportMissing(
      hosts.filter(({ name, interface: device }) => device === undefined && ground.using.has(name)),
      ground,
    )
  return hosts.map(host => ({ ...host, interface: host.interface ?? '' }))
}

type HostDraft = Omit<PlayHost, 'interface'> & { readonly interface: string | undefined }

function readPlayHost(entry: HostEntry, ground: PlayHostsGround): HostDraft {
  const { name, at } = entry
  const scope = ground.scopeOf(name)
  const { evaluate } = scope
  const inventoryName = entry.inventoryHost?.name ?? name
  const written = entry.inventoryHost === undefined ? writtenAddress(entry, evaluate, ground.findings) : undefined
  const where = { inventoryName, written, scope, home: ground.home, at }
  return {
    name,
    inventoryName,
    interface: interfaceOf(scope, at, ground.findings),
    connection: connectionIn(where, ground.findings),
    ...brokerIn(where, ground.findings),
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
  if (port !== undefined && !isPort(port)) {
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

/** Undefined when nobody set it; empty when what was set is no name, which is then found where it was set. */
function interfaceOf({ variables, evaluate }: HostScope, hostAt: Place, findings: Findings): string | undefined {
  try {
    const at = variables.get('interface')?.at ?? hostAt
    const value = evaluate.variable('interface', at)
    if (value === undefined || isInterface(value)) return value
    const got = typeof value === 'object' && value !== null ? 'a list or mapping' : `'${String(value)}'`
    const message = `the variable 'interface' is a network interface's name of up to ${longestName} characters, got ${got}`
    findings.add({ code: 'PLAYBOOK_INTERFACE', message, at })
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(problem)
  }
  return ''
}

const isInterface = (value: Value): value is string =>
  typeof value === 'string' && /^[^\s/:]+$/.test(value) && value.length <= longestName

/** Whatever the number of hosts, the mistake is one: a variable that nobody set. */
function reportMissing(hosts: readonly HostDraft[], { findings, scopeOf }: PlayHostsGround): void {
  const [first, ...rest] = hosts
  if (first === undefined) return
  const others = rest.length === 0 ? '' : rest.length === 1 ? ` and ${rest[0]?.name}` : ` and ${rest.length} more`
  const message = `${first.name}${others}: no variable 'interface' says which network interface to use`
  const misspelt = suggest('interface', scopeOf(first.name).variables.names())
  const hint = misspelt
    ? `there is a variable '${misspelt}': did you mean 'interface'?`
    : "write 'interface: eth0' under vars, or give the host one of its own"
  findings.add({ code: 'PLAYBOOK_INTERFACE', message, hint, at: first.at })
}
