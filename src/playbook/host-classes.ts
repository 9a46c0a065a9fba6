import { LockstepError } from '../errors/error.ts'
import { toJson } from '../units/json.ts'
import { namesInValue } from './step-names.ts'
import type { StepWorld } from './step-variables.ts'
import type { Setters } from './steps.ts'

/** What a host makes of each variable, kept as long as its playbook is read. */
const prints = new WeakMap<StepWorld, Map<string, Map<string, string>>>()

/**
 * Tells hosts apart by the variables that an expression reads: those for which all of them are the same would give the same
 * result, and one of them can stand for all.
 */
export class HostClasses {
  readonly #world: StepWorld
  readonly #prints: Map<string, Map<string, string>>

  constructor(world: StepWorld) {
    this.#world = world
    this.#prints = prints.get(world) ?? new Map()
    prints.set(world, this.#prints)
  }

  /** The first host of every class. */
  representatives<T extends string | undefined>(hosts: readonly T[], names: readonly string[], setters: Setters): T[] {
    const uneven = [...setters].flatMap(([, each]) =>
      each.flatMap(({ hosts: at }) => (at === 'all' ? [] : [new Set(at)])),
    )
    const sets =
      uneven.length > 0 && names.length > 0 ? uneven.filter(set => set.size < this.#world.hostNames.length) : []
    const firsts = new Map<string, T>()
    for (const host of hosts) {
      const seen = sets.map(set => (host !== undefined && set.has(host) ? '1' : '0')).join('')
      const key = host === undefined ? '' : `${seen} ${names.map(name => this.#print(host, name)).join('\n')}`
      if (!firsts.has(key)) firsts.set(key, host)
    }
    return [...firsts.values()]
  }

  /** Everything that the value of a variable depends on, as a text. */
  #print(host: string, name: string): string {
    const own = this.#prints.get(host) ?? new Map<string, string>()
    this.#prints.set(host, own)
    const known = own.get(name)
    if (known !== undefined) return known
    // Whoever asks again while this is being made goes in a circle, which evaluating it will find.
    own.set(name, name)
    const print = this.#printAnew(host, name)
    own.set(name, print)
    return print
  }

  #printAnew(host: string, name: string): string {
    // The same for every host, and large.
    if (name === 'hostvars' || name === 'groups') return name
    try {
      const variable = this.#world.scopeOf(host).variables.get(name)
      if (variable === undefined) return '-'
      const inside = variable.ready ? [] : namesInValue(variable.value)
      const place = variable.at === undefined ? '' : `${variable.at.file}:${variable.at.line}:${variable.at.column}`
      const written = variable.written ?? ''
      return [toJson(variable.value), written, place, ...inside.map(each => this.#print(host, each))].join(' ')
    } catch (error) {
      if (error instanceof LockstepError) return `${host} ${error.code}`
      throw error
    }
  }
}
