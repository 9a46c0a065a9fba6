import schema from '../../schemas/lab.schema.json' with { type: 'json' }
import { LockstepError, type Place, refuse } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import { parseDrift, parseStep } from '../lab/amounts.ts'
import type { ClockName } from '../lab/clocks.ts'
import { driftHostClock, stepHostClock } from '../lab/host-clock.ts'
import { cutLink } from '../lab/link.ts'
import { checkHostNames, checkLabName, hostNames } from '../lab/names.ts'
import { schemaChecker } from '../source/check.ts'
import { parseDocument } from '../source/document.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf } from '../source/node.ts'

/** What a file says of a lab; what it leaves out is undefined. */
export interface LabFile {
  readonly name: string | undefined
  readonly hosts: readonly string[] | undefined
  readonly seed: string | undefined
  readonly fastPtp: boolean | undefined
  /** Done once the lab is up, in this order. */
  readonly changes: readonly LabChange[]
}

export interface LabChange {
  readonly host: string
  readonly at: Place
  readonly make: (lab: string) => Promise<void>
}

const check = schemaChecker(schema, [])

/** Reads a file of `lab up -f`. Throws with everything that is wrong with it. */
export function readLabFile(file: string, text: string): LabFile {
  const root = parseDocument(file, text)
  const findings = newFindings()
  for (const problem of check(root)) findings.add(problem)
  refuse(findings.all())
  const name = child(root, 'name')
  const hosts = child(root, 'hosts')
  const fastPtp = child(root, 'fast_ptp')
  const read: LabFile = {
    name: name && said(name, findings, checkLabName),
    hosts: hosts && hostsIn(hosts, findings),
    seed: writtenIn(child(root, 'seed')),
    fastPtp: fastPtp?.kind === 'scalar' ? fastPtp.value === true : undefined,
    changes: [...clockChanges(child(root, 'clocks'), findings), ...linkChanges(child(root, 'links'))],
  }
  refuse(findings.all())
  return read
}

/** Throws when a clock or link is that of no host. */
export function checkChanges({ changes }: LabFile, hosts: readonly string[]): void {
  const strangers = changes.filter(({ host }) => !hosts.includes(host))
  const findings = newFindings()
  for (const { host, at } of strangers)
    findings.add({
      code: 'SCHEMA_VALUE',
      message: `there is no host '${host}' in the lab`,
      hint: didYouMean(host, hosts),
      at,
    })
  refuse(findings.all())
}

function hostsIn(node: SourceNode, findings: Findings): readonly string[] | undefined {
  if (node.kind === 'scalar') return said(node, findings, hostNames)
  const names = itemsOf(node).map(item => textOf(item) ?? '')
  return said(node, findings, () => checkHostNames(names))
}

function clockChanges(node: SourceNode | undefined, findings: Findings): readonly LabChange[] {
  return entriesOf(node).flatMap(([host, { key, value }]) =>
    entriesOf(value).flatMap(([clock, { value: how }]) => {
      const which = clock as ClockName // the schema has no other
      const step = child(how, 'step')
      const drift = child(how, 'drift')
      const by = step && said(step, findings, parseStep)
      const ppb = drift && said(drift, findings, parseDrift)
      const change = (make: LabChange['make']): LabChange => ({ host, at: key, make })
      return [
        ...(by === undefined ? [] : [change(lab => stepHostClock(lab, host, which, by))]),
        ...(ppb === undefined ? [] : [change(lab => driftHostClock(lab, host, which, ppb))]),
      ]
    }),
  )
}

const linkChanges = (node: SourceNode | undefined): readonly LabChange[] =>
  entriesOf(node).map(([host, { key, value }]) => ({
    host,
    at: key,
    make: lab => cutLink(lab, host, textOf(value) === 'cut-ssh'),
  }))

/** A number as it was written. */
const writtenIn = (node: SourceNode | undefined) =>
  node?.kind === 'scalar' ? (node.written ?? String(node.value)) : undefined

/** What `read` makes of a text; what it refuses is found where the text stands. */
function said<T>(node: SourceNode, findings: Findings, read: (text: string) => T): T | undefined {
  try {
    return read(writtenIn(node) ?? '')
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    findings.add({ code: 'SCHEMA_VALUE', message: error.message, hint: error.hint, at: node.at })
    return undefined
  }
}
