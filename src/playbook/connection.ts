import type { Problem } from '../errors/error.ts'
import { LockstepError, type Place, problemsOf } from '../errors/error.ts'
import { splitWords } from '../inventory/words.ts'
import type { Evaluator } from '../source/expressions.ts'
import type { Findings } from '../source/findings.ts'
import type { Value } from '../source/node.ts'
import type { HostConnectionVars } from './play.ts'

/** `user@host:port`, `[2001:db8::1]:22`, an address, or an alias of the ssh configuration. */
export interface Address {
  readonly address: string
  readonly user?: string
  readonly port?: number
}

/** Undefined when the text is no address. */
export function parseAddress(text: string): Address | undefined {
  const match =
    /^(?:([^\s@]+)@)?(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^\s@:[\]]+)|([0-9a-fA-F]*:[0-9a-fA-F:.]*))(?::(\d+))?$/.exec(
      text,
    )
  const [, user, bracketed, name, bare, port] = match ?? []
  const address = bracketed ?? name ?? bare
  if (address === undefined || (port !== undefined && !isPort(Number(port)))) return undefined
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  }
}

const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535

export interface ConnectionGround {
  /** The inventory's name of the host: its address unless a variable says otherwise. */
  readonly inventoryName: string
  /** What the playbook says; undefined for a host of the inventory. */
  readonly written: (Address & { readonly kind?: 'ssh' | 'local' }) | undefined
  readonly evaluate: Evaluator
  readonly home: string | undefined
  readonly at: Place
}

/**
 * How to reach a host, out of Ansible's connection variables (where a variable has two names the second one wins) and
 * the address in the playbook, which wins over them. What cannot be used is found.
 */
export function connectionOf(ground: ConnectionGround, findings: Findings): HostConnectionVars {
  const read = reader(ground, findings)
  const { written } = ground
  const user = written?.user ?? read.text('ansible_user', 'ansible_ssh_user')
  const port = written?.port ?? read.port('ansible_port', 'ansible_ssh_port')
  const key = read.text('ansible_private_key_file', 'ansible_ssh_private_key_file')
  const password = read.text('ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password')
  const hostKeyChecking = read.flag('ansible_host_key_checking', 'ansible_ssh_host_key_checking')
  const connectTimeoutS = read.seconds('ansible_timeout', 'ansible_ssh_timeout')
  const sshArgs = ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args'].flatMap(read.words)
  return {
    kind: written?.kind ?? read.kind(),
    address: written?.address ?? read.text('ansible_host', 'ansible_ssh_host') ?? ground.inventoryName,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(key === undefined ? {} : { privateKeyFile: key.replace(/^~(?=\/)/, ground.home ?? '~') }),
    ...(password === undefined ? {} : { password }),
    ...(hostKeyChecking === undefined ? {} : { hostKeyChecking }),
    ...(connectTimeoutS === undefined ? {} : { connectTimeoutS }),
    ...(sshArgs.length === 0 ? {} : { sshArgs }),
  }
}

/** Each question names a variable's spellings; the last one that is set counts. */
function reader({ evaluate, at }: ConnectionGround, findings: Findings) {
  const found = (problem: Problem): undefined => {
    findings.add(problem)
    return undefined
  }
  const value = (...names: string[]): { name: string; value: Value } | undefined => {
    for (const name of names.toReversed()) {
      const read = valueOfVariable(evaluate, name, at, findings)
      if (read !== undefined && read !== null) return { name, value: read }
    }
    return undefined
  }
  const refuse = (name: string, expected: string, got: Value) =>
    found({ code: 'PLAYBOOK_CONNECTION', message: `${name}: expected ${expected}, got '${String(got)}'`, at })

  const text = (...names: string[]): string | undefined => {
    const set = value(...names)
    if (set === undefined) return undefined
    if (typeof set.value === 'object') return refuse(set.name, 'a text', 'a list or mapping')
    return String(set.value)
  }
  const number = (what: string, fits: (value: number) => boolean, names: string[]): number | undefined => {
    const written = text(...names)
    if (written === undefined) return undefined
    return fits(Number(written)) ? Number(written) : refuse(names[0] ?? '', what, written)
  }
  return {
    text,
    port: (...names: string[]) => number('a port, 1 to 65535', isPort, names),
    seconds: (...names: string[]) => number('seconds', seconds => seconds > 0, names),
    flag(...names: string[]): boolean | undefined {
      const written = text(...names)
      if (written === undefined) return undefined
      return flags[written.toLowerCase()] ?? refuse(names[0] ?? '', 'true or false', written)
    },
    words(name: string): readonly string[] {
      const { words, problem } = splitWords(text(name) ?? '')
      if (problem !== undefined) found({ code: 'PLAYBOOK_CONNECTION', message: `${name}: ${problem.message}`, at })
      return words.map(word => word.text)
    },
    kind(): 'ssh' | 'local' {
      const written = text('ansible_connection') ?? 'ssh'
      const kind = connections[written]
      if (kind === undefined) refuse('ansible_connection', 'ssh or local', written)
      return kind ?? 'ssh'
    },
  }
}

/** The written form is lost on purpose: what ssh gets is what Ansible would hand it. */
function valueOfVariable(evaluate: Evaluator, name: string, at: Place, findings: Findings): Value | undefined {
  try {
    return evaluate.variable(name, at)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) findings.add(problem)
    return undefined
  }
}

/** Ansible's names of what is plain ssh for us; `smart` and `paramiko` choose an ssh client there. */
const connections: Readonly<Record<string, 'ssh' | 'local' | undefined>> = {
  ssh: 'ssh',
  smart: 'ssh',
  paramiko: 'ssh',
  'ansible.builtin.ssh': 'ssh',
  local: 'local',
  'ansible.builtin.local': 'local',
}

const flags: Readonly<Record<string, boolean | undefined>> = {
  ...Object.fromEntries(['yes', 'true', 'on', '1', 't', 'y'].map(word => [word, true])),
  ...Object.fromEntries(['no', 'false', 'off', '0', 'f', 'n'].map(word => [word, false])),
}
