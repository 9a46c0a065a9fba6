import { LockstepError, type Problem, problemsOf, refuse } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { readToolWords } from '../tools/tool-words.ts'
import { tools } from './load.ts'

/** A flow as a command line gives it. */
export interface OneFlow {
  readonly from: string
  readonly to: string
  /** How close the clocks have to be, with its unit; undefined: they are not looked at. */
  readonly gate?: string
  /** Expressions over the figures of the flow. */
  readonly expect?: readonly string[]
  readonly attempts?: string
  /** Address of the receiving host that is used; undefined: that of its interface. */
  readonly over?: string
  /** As the section of a playbook has it; undefined: nobody is asked. */
  readonly reserve?: Readonly<Record<string, string>>
}

export function toolNamed(name: string): ToolDescription {
  const found = tools.find(each => each.name === name)
  if (found !== undefined) return found
  const names = tools.map(each => each.name)
  const hint = didYouMean(name, names) ?? `there are ${names.join(', ')}`
  throw new LockstepError('USAGE_VALUE', `there is no tool '${name}'`, { hint })
}

/** The playbook that does the same: JSON, which is YAML. */
export function oneFlow(
  tool: ToolDescription,
  words: readonly string[],
  { from, to, gate, expect = [], attempts, over, reserve }: OneFlow,
): { readonly playbook: string; readonly problems: readonly Problem[] } {
  const { options, problems } = readToolWords(tool, words)
  const ends = from === to ? [{ code: 'USAGE_VALUE' as const, message: '--from and --to are the same host' }] : []
  const [sending, receiving] = [endOf(from, 'from'), endOf(to, 'to')]
  const where = over === undefined ? {} : { over }
  const playbook = {
    name: `${tool.name} from ${from} to ${to}`,
    hosts: { [sending.name]: sending.host, [receiving.name]: receiving.host },
    sync: gate === undefined ? 'none' : { gate: { offset: gate } },
    ...(reserve === undefined ? {} : { reserve }),
    flows: { test: { from: sending.name, to: receiving.name, tool: tool.name, ...where, ...options } },
    ...(expect.length === 0 ? {} : { expect: expect.map(each => `test: ${each}`) }),
    ...(attempts === undefined ? {} : { attempts: Number(attempts) }),
  }
  return { playbook: JSON.stringify(playbook), problems: [...problems, ...ends] }
}

/** What is wrong with that playbook, which nobody has written: without a place in it. */
export function asOfCommandLine<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    refuse(problemsOf(error).map(({ code, message, hint }) => ({ code, message, hint })))
    throw error
  }
}

/** An inventory host of that name takes the place of the address. What cannot be a name in a playbook goes by its end. */
function endOf(written: string, end: 'from' | 'to') {
  if (written === 'local') return { name: 'local', host: { address: 'localhost', connection: 'local' } }
  return { name: /^[A-Za-z_][\w.-]*$/.test(written) ? written : end, host: written }
}
