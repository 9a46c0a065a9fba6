import { LockstepError, type Place } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { EncryptedValue } from './encrypted.ts'
import { readSshArgs } from './ssh-args.ts'
import { splitWords } from './words.ts'

/** How to reach a host; the same shape as a play's HostConnectionVars. */
export interface Connection {
  readonly kind: 'ssh' | 'local'
  readonly address: string
  readonly port?: number
  readonly user?: string
  readonly privateKeyFile?: string
  readonly password?: string
  readonly hostKeyChecking?: boolean
  readonly connectTimeoutS?: number
  readonly sshArgs?: readonly string[]
  readonly become?: Become
  readonly becoming?: Become
  readonly shell?: string
}

/** Whom to become, and how; the same shape as a play's. */
interface Become {
  readonly method: 'sudo'
  readonly user: string
  readonly password?: string
  readonly exe?: string
  readonly flags?: readonly string[]
}

/** Values after templates were evaluated. Give numbers in their written form: a password may look like one. */
export type EvaluatedVars = ReadonlyMap<string, unknown>
export type PlaceOf = (variable: string) => Place | undefined

/** Reads Ansible's connection variables. Throws INVENTORY_CONNECTION, with a place if `placeOf` knows it. */
export function connectionOf(name: string, vars: EvaluatedVars, placeOf: PlaceOf = () => undefined): Connection {
  const reader = new ConnectionReader(name, vars, placeOf)
  const port = reader.port()
  const user = reader.text('user')
  const privateKeyFile = reader.text('privateKeyFile')
  const password = reader.text('password')
  const hostKeyChecking = reader.claim('hostKeyChecking')
  const connectTimeoutS = reader.timeout()
  const sshArgs = reader.sshArgs()
  const becoming = reader.becoming()
  const shell = reader.text('shell')
  return {
    kind: reader.kind(),
    address: reader.text('address') ?? name,
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
    ...(password === undefined ? {} : { password }),
    ...(hostKeyChecking === undefined ? {} : { hostKeyChecking }),
    ...(connectTimeoutS === undefined ? {} : { connectTimeoutS }),
    ...(sshArgs.length === 0 ? {} : { sshArgs }),
    ...(reader.claim('become') ? { become: becoming ?? { method: 'sudo', user: 'root' } } : {}),
    ...(becoming === undefined ? {} : { becoming }),
    ...(shell === undefined ? {} : { shell }),
  }
}

/** Where several names are set, the last one counts. */
const variables = {
  kind: ['ansible_connection'],
  address: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  privateKeyFile: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
  password: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  hostKeyChecking: ['ansible_host_key_checking', 'ansible_ssh_host_key_checking'],
  timeout: ['ansible_timeout', 'ansible_ssh_timeout'],
  become: ['ansible_become'],
  becomeMethod: ['ansible_become_method'],
  becomeUser: ['ansible_become_user'],
  becomePassword: ['ansible_become_password', 'ansible_become_pass'],
  becomeExe: ['ansible_become_exe'],
  shell: ['ansible_shell_executable'],
} as const satisfies Record<string, readonly string[]>

const kinds: Readonly<Record<string, Connection['kind']>> = {
  ssh: 'ssh',
  smart: 'ssh',
  paramiko: 'ssh',
  paramiko_ssh: 'ssh',
  'ansible.builtin.ssh': 'ssh',
  'ansible.builtin.paramiko_ssh': 'ssh',
  local: 'local',
  'ansible.builtin.local': 'local',
}

const methods: readonly string[] = ['sudo', 'ansible.builtin.sudo']
const yes: readonly string[] = ['yes', 'true', 'on', '1', 't', 'y']
const no: readonly string[] = ['no', 'false', 'off', '0', 'f', 'n']

/** Reads the variables of one host. */
class ConnectionReader {
  readonly #host: string
  readonly #vars: EvaluatedVars
  readonly #placeOf: PlaceOf

  constructor(host: string, vars: EvaluatedVars, placeOf: PlaceOf) {
    this.#host = host
    this.#vars = vars
    this.#placeOf = placeOf
  }

  kind(): Connection['kind'] {
    const set = this.#set('kind')
    if (set === undefined) return 'ssh'
    const hint = didYouMean(set.text, ['ssh', 'local'])
    return kinds[set.text] ?? this.#refuse(set.variable, `is ssh or local, got '${set.text}'`, hint)
  }

  text(what: keyof typeof variables): string | undefined {
    return this.#set(what)?.text
  }

  port(): number | undefined {
    const set = this.#set('port')
    if (set === undefined) return undefined
    const port = /^\d+$/.test(set.text) ? Number(set.text) : 0
    return port >= 1 && port <= 65535 ? port : this.#refuse(set.variable, `is a port (1 to 65535), got '${set.text}'`)
  }

  claim(what: 'hostKeyChecking' | 'become'): boolean | undefined {
    const set = this.#set(what)
    if (set === undefined) return undefined
    const word = set.text.toLowerCase()
    if (yes.includes(word)) return true
    return no.includes(word) ? false : this.#refuse(set.variable, `is yes or no, got '${set.text}'`)
  }

  /** In seconds. */
  timeout(): number | undefined {
    const set = this.#set('timeout')
    if (set === undefined) return undefined
    const seconds = Number(set.text)
    return seconds > 0 && Number.isFinite(seconds)
      ? seconds
      : this.#refuse(set.variable, `is a number of seconds, got '${set.text}'`)
  }

  /** In Ansible's order: of an option given twice ssh takes the first. */
  sshArgs(): readonly string[] {
    return ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'].flatMap(variable => {
      const args = this.#wordsOf(variable) ?? []
      const { fault } = readSshArgs(args)
      if (fault !== undefined) this.#refuse(variable, `cannot be used: ${fault}`)
      return args
    })
  }

  /** What the variables say of it, whether it is done for the whole connection or not; undefined: nothing. */
  becoming(): Become | undefined {
    const method = this.#set('becomeMethod')
    if (method !== undefined && !methods.includes(method.text))
      this.#refuse(method.variable, `is sudo, the only one that lockstep knows, got '${method.text}'`)
    const user = this.text('becomeUser')
    const password = this.text('becomePassword')
    const exe = this.text('becomeExe')
    const flags = this.#wordsOf('ansible_become_flags')
    if ([user, password, exe, flags].every(each => each === undefined)) return undefined
    return {
      method: 'sudo',
      user: user ?? 'root',
      ...(password === undefined ? {} : { password }),
      ...(exe === undefined ? {} : { exe }),
      ...(flags === undefined ? {} : { flags }),
    }
  }

  #wordsOf(variable: string): readonly string[] | undefined {
    const text = this.#textOf(variable)
    if (text === undefined) return undefined
    const { words, problem } = splitWords(text)
    if (problem !== undefined) this.#refuse(variable, `cannot be split into words: ${problem.message}`)
    return words.map(word => word.text)
  }

  /** The last variable that has a value; an empty text is none. */
  #set(what: keyof typeof variables): { readonly variable: string; readonly text: string } | undefined {
    const set = variables[what].flatMap(variable => {
      const text = this.#textOf(variable)
      return text === undefined ? [] : [{ variable, text }]
    })
    return set.at(-1)
  }

  #textOf(variable: string): string | undefined {
    const value = this.#vars.get(variable)
    if (value === undefined || value === null || value === '') return undefined
    if (value instanceof EncryptedValue) throw value.refusal()
    if (typeof value === 'object') this.#refuse(variable, 'is a text, got a list or mapping')
    return String(value)
  }

  #refuse(variable: string, message: string, hint?: string): never {
    const at = this.#placeOf(variable)
    throw new LockstepError('INVENTORY_CONNECTION', `${variable} of '${this.#host}' ${message}`, { at, hint })
  }
}
