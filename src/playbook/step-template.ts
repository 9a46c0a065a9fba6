import type { Place } from '../errors/error.ts'
import { renderJinja, templateFault } from '../source/engine.ts'
import type { Value } from '../source/node.ts'
import { namesInTemplate } from '../source/template-file.ts'
import { late, type Settled, type StepContext, wrong } from './step-context.ts'
import type { ParamGround } from './step-params.ts'

/** The text of a template for one host. Secrets may be named in it. `at` is where the template is asked for. */
export function renderTemplate(
  path: string,
  at: Place,
  context: StepContext,
  { files, environment, before }: ParamGround,
): Settled<{ readonly text: string; readonly template: string }> {
  const source = context.attempt(() => files.readText(path), at)
  if (source === wrong) return wrong
  if (source === undefined || typeof source === 'symbol')
    return context.find({ code: 'PLAYBOOK_FILE', message: `there is no file '${path}'`, at })
  const place = (line: number) => ({ file: path, line, column: 1 })
  const fault = templateFault(source)
  if (fault !== undefined)
    return context.find({ code: 'SCHEMA_EXPRESSION', message: fault.reason, at: place(fault.line) })
  const { names, foreign } = namesInTemplate(path, source)
  for (const { tag, at: tagAt } of foreign) {
    const message = `a template cannot '${tag}' another file`
    context.find({ code: 'SCHEMA_EXPRESSION', message, at: tagAt })
  }
  const looked = foreign.length > 0 ? wrong : context.look(names, undefined)
  if (typeof looked === 'symbol') return looked
  // Looked at before the run, filled in when it is sent: a loop over a fleet would render it twice for nothing.
  if (before) return late
  const variables = new Map<string, Value>()
  for (const { name, at: nameAt } of names) {
    const value = context.variable(name, nameAt)
    if (typeof value === 'symbol') return value
    if (value !== undefined) variables.set(name, value)
  }
  const text = renderJinja(source, variables, environment)
  if (typeof text === 'string') return { text, template: path }
  const reason = context.secrets.size > 0 ? 'this cannot be filled in with what is secret' : text.reason
  return context.find({ code: 'SCHEMA_EXPRESSION', message: reason, at: place(text.line) })
}
