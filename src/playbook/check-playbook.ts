import command from '../../schemas/command.schema.json' with { type: 'json' }
import iperf from '../../schemas/iperf.schema.json' with { type: 'json' }
import iperf3 from '../../schemas/iperf3.schema.json' with { type: 'json' }
import isochron from '../../schemas/isochron.schema.json' with { type: 'json' }
import nuttcp from '../../schemas/nuttcp.schema.json' with { type: 'json' }
import ping from '../../schemas/ping.schema.json' with { type: 'json' }
import playbook from '../../schemas/playbook.schema.json' with { type: 'json' }
import steps from '../../schemas/steps.schema.json' with { type: 'json' }
import tracepath from '../../schemas/tracepath.schema.json' with { type: 'json' }
import traceroute from '../../schemas/traceroute.schema.json' with { type: 'json' }
import values from '../../schemas/values.schema.json' with { type: 'json' }
import type { Problem } from '../errors/error.ts'
import { type JsonSchema, schemaChecker } from '../source/check.ts'
import { child, entriesOf, itemsOf, type SourceNode } from '../source/node.ts'

type Checker = (root: SourceNode) => readonly Problem[]

/** Checked by themselves where they stand: most playbooks have few of them, and a schema takes a while to compile. */
const toolSchemas = [iperf3, iperf, nuttcp, ping, traceroute, tracepath, command]
const isApart = (reference: unknown) => toolSchemas.some(({ $id }) => String(reference).startsWith($id))
const checkOthers = schemaChecker(withoutTools(playbook) as JsonSchema, [values, isochron, { $id: steps.$id }])

/** Whatever refers to a tool that is checked apart takes anything: for an option of a flow its tool decides. */
function withoutTools(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutTools)
  if (schema === null || typeof schema !== 'object') return schema
  const { $ref, anyOf, ...rest } = schema as JsonSchema
  if (isApart($ref)) return {}
  if (Array.isArray(anyOf) && anyOf.some(each => isApart(each['$ref']))) return rest
  return Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, withoutTools(each)]))
}

/** Finds what `schemas/steps.schema.json` finds in a list of steps. */
export const checkSteps = schemaChecker(steps, [values])

/** A tool's section, and that of a receiver of the long form. */
const sections = toolSchemas.map(schema => ({
  name: schema.$id.replace('.schema.json', ''),
  check: schemaChecker(schema as JsonSchema, [values]),
  checkReceiver: schemaChecker(receiverOf(schema), [schema as JsonSchema, values]),
}))

function receiverOf({ $id }: { readonly $id: string }): JsonSchema {
  return { $id: `receiver-of-${$id}`, allOf: [{ $ref: `${$id}#/definitions/receiver` }] }
}

/** Finds what `schemas/playbook.schema.json` finds, each with its place. */
export function checkPlaybook(document: SourceNode): readonly Problem[] {
  const flows = entriesOf(child(document, 'flows')).map(([, { value }]) => value)
  const lists = [
    ...[child(document, 'setup'), child(document, 'after')],
    ...flows.flatMap(flow => [child(flow, 'before'), child(flow, 'after')]),
  ]
  const inLists = (name: string) => entriesOf(child(document, name)).flatMap(([, { value }]) => itemsOf(value))
  const senders = [document, ...flows, ...inLists('senders')]
  return [
    ...checkOthers(document),
    ...lists.flatMap(list => (list === undefined ? [] : checkSteps(list))),
    ...sections.flatMap(({ name, check, checkReceiver }) => [
      ...inSection(name, senders, check),
      ...inSection(name, inLists('receivers'), checkReceiver),
    ]),
  ]
}

const inSection = (name: string, holders: readonly SourceNode[], check: Checker): readonly Problem[] =>
  holders.flatMap(holder => {
    const section = child(holder, name)
    return section === undefined ? [] : check(section)
  })
