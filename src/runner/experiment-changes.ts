import { createHash } from 'node:crypto'
import { canonicalJson } from '../units/canonical-json.ts'
import type { ExperimentOutline } from './experiment-log.ts'

/** Each configuration as resolved: plain JSON values that are themselves a playbook, with hosts and their addresses. */
export type ResolvedConfigurations = ReadonlyMap<string, unknown>

/** Keys of a playbook that change neither what is sent nor how it is measured: results from before and after compare. */
const immaterial: ReadonlySet<string> = new Set([
  'name',
  'reserve',
  'expect',
  'valid',
  'compared_to',
  'report',
  'attempts',
])

/** What of a resolved playbook results depend on. */
export function whatMatters(resolved: unknown): unknown {
  if (!isMapping(resolved)) return resolved
  const kept = Object.entries(resolved).filter(([key]) => !immaterial.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, key === 'flows' ? withoutExpect(value) : value]))
}

/** Equal exactly when everything that matters is equal. */
export const digestOf = (resolved: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(whatMatters(resolved)))
    .digest('hex')
    .slice(0, 32)

export function outlineOf(
  configurations: ResolvedConfigurations,
  { seed, warmup }: { readonly seed: number | undefined; readonly warmup: number },
): ExperimentOutline {
  const digests = [...configurations].map(([id, resolved]) => ({ id, digest: digestOf(resolved) }))
  return { ...(seed === undefined ? {} : { seed }), warmup, configurations: digests }
}

/**
 * Why an experiment cannot go on as it began, in words; empty when nothing that matters has changed. More repetitions are no
 * change: they come after those that there are. `before` may lack configurations whose playbook was not kept; their digest
 * is enough to know that they changed, not what.
 */
export function changesInWords(
  began: ExperimentOutline,
  before: ResolvedConfigurations,
  now: ExperimentOutline,
  after: ResolvedConfigurations,
): string[] {
  const [old, fresh] = [began, now].map(digestsOf) as [Map<string, string>, Map<string, string>]
  const both = [...old.keys()].filter(id => fresh.has(id))
  const changed = both.filter(id => old.get(id) !== fresh.get(id))
  const counts = new Map<string, number>()
  for (const id of changed)
    for (const line of before.has(id)
      ? differences(whatMatters(before.get(id)), whatMatters(after.get(id)))
      : [unknown])
      counts.set(line, (counts.get(line) ?? 0) + 1)
  const where = (count: number) => (count === both.length ? '' : ` (in ${count} of ${both.length} configurations)`)
  return [
    ...settingChange('seed of the shuffle', began.seed, now.seed),
    ...settingChange('warmup', began.warmup, now.warmup),
    ...[...old.keys()].filter(id => !fresh.has(id)).map(id => `the configuration ${id} is gone`),
    ...[...fresh.keys()].filter(id => !old.has(id)).map(id => `the configuration ${id} is new`),
    ...[...counts].map(([line, count]) => `${line}${where(count)}`),
  ]
}

const unknown = 'the playbook or inventory has changed'
const digestsOf = ({ configurations }: ExperimentOutline) =>
  new Map(configurations.map(({ id, digest }) => [id, digest]))

const settingChange = (name: string, before: number | undefined, after: number | undefined): string[] =>
  before === after ? [] : [`${name}: was ${before ?? 'none'}, is ${after ?? 'none'}`]

/** What differs between two JSON values: `flows.a.isochron.frame-size: was 64, is 1500`. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  // A key with nothing in it is another thing than no key.
  if ((before === undefined) === (after === undefined) && canonicalJson(before) === canonicalJson(after)) return []
  const [old, fresh] = [partsOf(before), partsOf(after)]
  if (old === undefined || fresh === undefined || Array.isArray(before) !== Array.isArray(after))
    return [`${path === '' ? 'the playbook' : path}: ${inWords(before, after)}`]
  const keys = [...new Set([...old.keys(), ...fresh.keys()])]
  return keys.flatMap(key => differences(old.get(key), fresh.get(key), belowOf(path, key, Array.isArray(before))))
}

const belowOf = (path: string, key: string, isList: boolean) =>
  isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`

function inWords(before: unknown, after: unknown): string {
  if (before === undefined) return `is new: ${shown(after)}`
  if (after === undefined) return `is gone, was ${shown(before)}`
  return `was ${shown(before)}, is ${shown(after)}`
}

/** Long values are cut: the place says enough. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function partsOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((item, index) => [String(index), item]))
  return isMapping(value) ? new Map(Object.entries(value)) : undefined
}

/** What a flow expects is judged, not sent. */
function withoutExpect(flows: unknown): unknown {
  if (!isMapping(flows)) return flows
  return Object.fromEntries(
    Object.entries(flows).map(([name, flow]) => {
      if (!isMapping(flow)) return [name, flow]
      const { expect: _, ...rest } = flow
      return [name, rest]
    }),
  )
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
