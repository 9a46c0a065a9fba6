import type { Place } from '../errors/error.ts'
import { LockstepError, problemsOf } from '../errors/error.ts'
import { connectionOf } from '../inventory/connection.ts'
import type { Findings } from '../source/findings.ts'
import type { HostConnectionVars } from './play.ts'
import type { HostScope } from './play-hosts.ts'

/** `user@host:port`, `[2001:db8::1]:22`, an address, or an alias of the ssh configuration. */
export interface Address {
  readonly address: string
  readonly user?: string
  readonly port?: number
}

/** Undefined when the text is no address. */
export function parseAddress(text: string): Address | undefined {
  const [, user, host = '', port] = /^(?:([^\s@]+)@)?(\S+?)(?::(\d+))?$/.exec(unbracketedIpv6(text)) ?? []
  const address = /^\[([\da-fA-F:.]+(?:%\w+)?)\]$/.exec(host)?.[1] ?? (/^[^\s@:[\]]+$/.test(host) ? host : undefined)
  if (address === undefined || (port !== undefined && !isPort(Number(port)))) return undefined
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  }
}

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

/** Two colons or more and no brackets: all of it is the address. */
const unbracketedIpv6 = (text: string) =>
  text.replace(/^([^\s@]+@)?([\da-fA-F]*:[\da-fA-F.]*:[\da-fA-F:.]*(?:%\w+)?)$/, '$1[$2]')

export interface ConnectionGround {
  /** The inventory's name of the host: its address unless a variable says otherwise. */
  readonly inventoryName: string
  /** What the playbook says; undefined for a host of the inventory. */
  readonly written: (Address & { readonly kind?: 'ssh' | 'local' }) | undefined
  readonly scope: HostScope
  readonly home: string | undefined
  readonly at: Place
}

/** How to reach a host: Ansible's connection variables, over which the address in the playbook wins. */
export function connectionIn(ground: ConnectionGround, findings: Findings): HostConnectionVars {
  const { written, home } = ground
  try {
    const placeOf = (name: string) => ground.scope.variables.get(name)?.at ?? ground.at
    const { privateKeyFile: key, ...read } = connectionOf(ground.inventoryName, connectionVariables(ground), placeOf)
    // ssh expands `~` by the home of whoever starts it, whatever shell wrote the inventory.
    const privateKeyFile = key === undefined ? {} : { privateKeyFile: key.replace(/^~(?=\/)/, home ?? '~') }
    return { ...read, ...privateKeyFile, ...written }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(problem)
    return { kind: 'ssh', address: ground.inventoryName }
  }
}

const passwords = [
  ...['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  ...['ansible_become_password', 'ansible_become_pass'],
]

/** The variables that say how to reach a host; others of Ansible's may hold what we could not even evaluate. */
const names = [
  ...['ansible_connection', 'ansible_host', 'ansible_ssh_host', 'ansible_port', 'ansible_ssh_port'],
  ...['ansible_user', 'ansible_ssh_user', 'ansible_private_key_file', 'ansible_ssh_private_key_file'],
  ...passwords,
  ...['ansible_host_key_checking', 'ansible_ssh_host_key_checking', 'ansible_timeout', 'ansible_ssh_timeout'],
  ...['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args'],
  ...['ansible_become', 'ansible_become_method', 'ansible_become_user', 'ansible_become_exe', 'ansible_become_flags'],
  'ansible_shell_executable',
]

function connectionVariables({ scope, at }: ConnectionGround): ReadonlyMap<string, unknown> {
  return new Map(
    names.flatMap(name => {
      const value = passwords.includes(name) ? passwordIn(name, scope, at) : valueIn(name, scope, at)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/** A number stands in its written form: a password may look like one. */
function valueIn(name: string, { variables, evaluate }: Omit<HostScope, 'opened'>, at: Place): unknown {
  const value = evaluate.variable(name, at)
  return value === undefined ? undefined : (variables.get(name)?.written ?? value)
}

/** Secrets are opened only where a password needs them. */
function passwordIn(name: string, scope: HostScope, at: Place): unknown {
  try {
    return valueIn(name, scope, at)
  } catch (error) {
    if (!(error instanceof LockstepError && error.code === 'INVENTORY_VAULT')) throw error
    return openedPassword(name, scope, at)
  }
}

function openedPassword(name: string, scope: HostScope, at: Place): unknown {
  try {
    return valueIn(name, scope.opened(), at)
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code === 'INVENTORY_VAULT') throw error
    // An expression that fails quotes what it was given.
    throw new LockstepError(error.code, `${name} cannot be evaluated with what is secret`, { at: error.at ?? at })
  }
}
