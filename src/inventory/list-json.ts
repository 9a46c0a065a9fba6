import { EncryptedValue } from './encrypted.ts'
import { byName } from './files.ts'
import type { InventoryHost, LoadedInventory } from './inventory.ts'

/** What `ansible-inventory --list` prints for an inventory, byte for byte, without the final newline. */
export function listJson(inventory: LoadedInventory): string {
  const hostvars = inventory.hosts.map(host => [host.name, varsOf(host)] as const).filter(([, vars]) => vars.size > 0)
  const list = new Map<string, unknown>([...groupsOf(inventory), ['_meta', new Map([['hostvars', new Map(hostvars)]])]])
  return pythonJson(list)
}

/** What `ansible-inventory --host` prints: the variables of one host. */
export const hostJson = (host: InventoryHost): string => pythonJson(varsOf(host))

/** Variables that describe the run, not the host; a source may set them, but no list shows them. */
const internal = new Set([
  'ansible_diff_mode',
  'ansible_config_file',
  'ansible_facts',
  'ansible_forks',
  'ansible_inventory_sources',
  'ansible_limit',
  'ansible_playbook_python',
  'ansible_run_tags',
  'ansible_skip_tags',
  'ansible_verbosity',
  'ansible_version',
  'inventory_dir',
  'inventory_file',
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'omit',
  'playbook_dir',
])

const varsOf = (host: InventoryHost): ReadonlyMap<string, unknown> =>
  new Map([...host.vars].filter(([name]) => !internal.has(name)).map(([name, { value }]) => [name, value]))

/** Every group that has something to show. The own hosts of `all` appear under `ungrouped`. */
function groupsOf({ structure }: LoadedInventory): [string, unknown][] {
  return [...structure].flatMap(([name, { hosts, children }]): [string, unknown][] => {
    const shown: [string, readonly string[]][] = [
      ['hosts', name === 'all' ? [] : hosts],
      ['children', children],
    ]
    const parts = shown.filter(([, names]) => names.length > 0)
    return parts.length === 0 ? [] : [[name, new Map(parts)]]
  })
}

/** Python's `json.dumps(value, sort_keys=True, indent=4, ensure_ascii=False)`. */
export function pythonJson(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return pythonFloat(value)
  if (value === null || typeof value !== 'object') return String(value)
  const inner = `${indent}    `
  const block = (opening: string, lines: readonly string[], closing: string) =>
    lines.length === 0 ? opening + closing : `${opening}\n${inner}${lines.join(`,\n${inner}`)}\n${indent}${closing}`
  if (Array.isArray(value))
    return block(
      '[',
      value.map(item => pythonJson(item, inner)),
      ']',
    )
  const entries = entriesOf(value).sort(([a], [b]) => byName(a, b))
  return block(
    '{',
    entries.map(([key, each]) => `${quoted(key)}: ${pythonJson(each, inner)}`),
    '}',
  )
}

/** An encrypted value is shown as it is, in the form that Ansible reads back. */
function entriesOf(value: object): [string, unknown][] {
  if (value instanceof EncryptedValue) return [['__ansible_vault', value.text]]
  return value instanceof Map ? [...value] : Object.entries(value)
}

/** Unlike JSON.stringify, Python leaves lone surrogates and U+007F alone; those never come out of UTF-8 files. */
const quoted = (text: string) => JSON.stringify(text)

/** The repr of a float: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (value !== 0 && (exponent < -4 || exponent >= 16))
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  const sign = Object.is(value, -0) ? '-' : ''
  const digits = exponent < 0 ? value.toFixed(mantissa.replace(/^-?\d\.?/, '').length - exponent) : String(value)
  return sign + (digits.includes('.') ? digits : `${digits}.0`)
}
