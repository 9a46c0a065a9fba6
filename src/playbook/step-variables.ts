import { LockstepError, refuse } from '../errors/error.ts'
import { evaluator, type Variable, type Variables } from '../source/expressions.ts'
import { newFindings } from '../source/findings.ts'
import { isList, record, type SourceNode, toValue, type Value } from '../source/node.ts'
import type { HostScope } from './play-hosts.ts'
import type { Known } from './step.ts'
import { type FileScope, parameter, parameterNames } from './step-files.ts'
import { playVariables, type SharedVariables } from './variables.ts'

/** Whose variables a step sees. */
export interface StepWorld {
  readonly shared: SharedVariables
  /** The variables of a host of the play. */
  readonly scopeOf: (host: string) => HostScope
  readonly hostNames: readonly string[]
}

/** Where an expression of a step stands, and what is known there besides the variables of files and command line. */
export interface Standpoint {
  /** Undefined: no host is meant. */
  readonly host: string | undefined
  readonly scope: FileScope
  /** The loop variable, `result`: they win over all others. */
  readonly locals: ReadonlyMap<string, Value>
  /** Undefined before the run. */
  readonly known: Known | undefined
  readonly secrets?: 'opened'
  /** Why a name has no value here, in words that follow it. */
  readonly unavailable?: (name: string) => string | undefined
}

/**
 * The variables of an expression in a step, highest first: the loop variable, what Ansible itself knows, -e, the parameters
 * of an include, results and facts, and then whatever holds outside of steps.
 */
export function stepVariables(world: StepWorld, at: Standpoint): Variables {
  const { host, scope, known, locals } = at
  const base = baseVariables(world, at)
  const ready = (value: Value): Variable => ({ value, ready: true })
  return {
    ...base,
    get: name => {
      const local = locals.get(name)
      if (local !== undefined) return ready(local)
      if (name === 'hostvars') return ready(hostvars(world, at))
      if (world.shared.extra.has(name) || isMagic(name)) return base.get(name)
      const given = parameter(scope, name)
      if (given !== undefined) return ready(evaluated(world, { ...at, scope: given.scope }, given.node))
      if (name === 'failed' && known !== undefined) return ready(known.failed)
      const learnt = known?.get(host, name)
      return learnt === undefined ? base.get(name) : ready(learnt)
    },
    names: () => [...locals.keys(), ...parameterNames(scope), ...base.names()],
    unavailable: name => at.unavailable?.(name),
  }
}

export function baseVariables({ shared, scopeOf }: StepWorld, { host, secrets }: Standpoint): Variables {
  if (host === undefined) return playVariables(shared, secrets)
  const scope = scopeOf(host)
  return secrets === undefined ? scope.variables : scope.opened().variables
}

/** What Ansible itself knows; a step cannot set it. */
const magic = ['inventory_hostname', 'inventory_hostname_short', 'group_names', 'groups', 'playbook_dir', 'hostvars']
const isMagic = (name: string) => magic.includes(name)

/** Names that steps give meaning to themselves. */
export const reservedNames: ReadonlySet<string> = new Set([
  ...magic,
  'facts',
  'failed',
  'result',
  'lookup',
  'range',
  'dict',
])

function evaluated(world: StepWorld, at: Standpoint, node: SourceNode): Value {
  const findings = newFindings()
  const tree = evaluator(stepVariables(world, at), findings).tree(node)
  refuse(findings.all())
  if (tree === undefined) throw new LockstepError('SCHEMA_EXPRESSION', 'this cannot be evaluated', { at: node.at })
  return toValue(tree)
}

/** `hostvars`: the hosts of the play with what the run knows of them, and the other hosts of the inventory. */
function hostvars(world: StepWorld, at: Standpoint): Value {
  const hosts = Object.create(null) as Record<string, Value>
  const others = playVariables(world.shared).get('hostvars')?.value
  if (typeof others === 'object' && others !== null && !isList(others)) {
    for (const [name, described] of Object.entries(Object.getOwnPropertyDescriptors(others)))
      Object.defineProperty(hosts, name, { ...described, configurable: true })
  }
  for (const name of world.hostNames) {
    const get = () => variablesOf(world, { ...at, host: name, locals: new Map() })
    Object.defineProperty(hosts, name, { enumerable: true, configurable: true, get })
  }
  return hosts
}

/** Every variable of one host, none of which is evaluated before somebody reads it. */
function variablesOf(world: StepWorld, at: Standpoint): Value {
  const base = baseVariables(world, at)
  const evaluate = evaluator(stepVariables(world, at), newFindings())
  const place = { file: at.scope.file, line: 1, column: 1 }
  const variables = record<Value>([])
  const learnt = [...world.shared.learnt, 'facts'].filter(name => at.host !== undefined && at.known?.has(at.host, name))
  for (const name of [...base.names(), ...learnt, 'inventory_hostname', 'group_names']) {
    const get = () => evaluate.variable(name, place)
    Object.defineProperty(variables, name, { enumerable: true, configurable: true, get })
  }
  return variables
}
