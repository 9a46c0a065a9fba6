import type { Scalar } from './node.ts'

/** A scalar's value, or why the text that looks like one has none. */
export type Resolved = { readonly value: Scalar; readonly surprise?: string } | { readonly problem: string }

/** Plain scalars as PyYAML resolves them (YAML 1.1, its own regular expressions); the first row that fits counts. */
const rows: readonly { readonly fits: RegExp; readonly read: (text: string) => Resolved }[] = [
  { fits: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, read: () => ({ value: true }) },
  { fits: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, read: () => ({ value: false }) },
  { fits: /^[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?$/, read: text => ({ value: Number(text.replaceAll('_', '')) }) },
  { fits: /^\.\d[\d_]*(?:[eE][-+]\d+)?$/, read: text => ({ value: Number(text.replaceAll('_', '')) }) },
  { fits: /^[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*$/, read: sexagesimalFloat },
  { fits: /^[-+]?\.(?:inf|Inf|INF)$/, read: text => ({ value: text.startsWith('-') ? -Infinity : Infinity }) },
  { fits: /^\.(?:nan|NaN|NAN)$/, read: () => ({ value: Number.NaN }) },
  { fits: /^[-+]?0b[01_]+$/, read: text => integer(text, '0b') },
  { fits: /^[-+]?0[0-7_]+$/, read: octal },
  { fits: /^[-+]?(?:0|[1-9][\d_]*)$/, read: text => integer(text, '') },
  { fits: /^[-+]?0x[\da-fA-F_]+$/, read: text => integer(text, '0x') },
  { fits: /^[-+]?[1-9][\d_]*(?::[0-5]?\d)+$/, read: sexagesimal },
  { fits: /^(?:~|null|Null|NULL|)$/, read: () => ({ value: null }) },
  { fits: /^\d{4}-\d\d-\d\d$/, read: timestamp },
  {
    fits: /^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/,
    read: timestamp,
  },
]

/** What an unquoted scalar means. */
export const resolvePlain = (text: string): Resolved =>
  rows.find(({ fits }) => fits.test(text))?.read(text) ?? { value: text }

/** What a scalar with an explicit tag means; undefined for a tag that nobody knows. */
export function resolveTagged(tag: string, text: string): Resolved | undefined {
  const name = tag.replace(/^tag:yaml\.org,2002:/, '!!')
  const plain = resolvePlain(text)
  const value = 'value' in plain ? plain.value : text
  const only = (fits: boolean, meant: Scalar) => (fits ? { value: meant } : { problem: `'${text}' is no ${name}` })
  if (name === '!!str' || name === '!') return { value: text }
  if (name === '!!null') return { value: null }
  if (name === '!!bool') return only(typeof value === 'boolean', value)
  if (name === '!!int') return only(typeof value === 'bigint', value)
  if (name === '!!timestamp') return timestamp(text)
  if (name !== '!!float') return undefined
  // `!!float 5` and `!!float 1e3` are numbers, although a plain `1e3` is none.
  const number = typeof value === 'number' ? value : Number(value || 'none')
  return only(typeof value === 'number' || !Number.isNaN(number), number)
}

function integer(text: string, prefix: string): Resolved {
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '')
  if (digits === prefix) return { problem: `'${text}' has no digits` }
  return { value: signed(text, BigInt(digits)) }
}

function octal(text: string): Resolved {
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '')
  const value = signed(text, BigInt(`0o${digits.slice(1) || '0'}`))
  return value === signed(text, BigInt(digits)) ? { value } : { value, surprise: `the octal number ${value}` }
}

/** `1:30` is 90 in YAML 1.1. */
function sexagesimal(text: string): Resolved {
  const parts = text.replace(/^[-+]/, '').replaceAll('_', '').split(':')
  const value = signed(
    text,
    parts.reduce((sum, part) => sum * 60n + BigInt(part), 0n),
  )
  return { value, surprise: `the base-60 number ${value}` }
}

function sexagesimalFloat(text: string): Resolved {
  const parts = text.replace(/^[-+]/, '').replaceAll('_', '').split(':')
  const size = parts.reduce((sum, part) => sum * 60 + Number(part), 0)
  const value = text.startsWith('-') ? -size : size
  return { value, surprise: `the base-60 number ${value}` }
}

const signed = (text: string, size: bigint) => (text.startsWith('-') ? -size : size)

const dateAndTime =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?)?)?$/

/** A date stays a text, in the form in which Ansible prints it (ISO 8601, microseconds). */
function timestamp(text: string): Resolved {
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour,
    minute = '',
    second = '',
    fraction = '',
    utc,
    sign,
    zone,
    zoneMinute,
  ] = dateAndTime.exec(text) ?? []
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)))
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCDate() !== Number(day) || date.getUTCMonth() !== Number(month) - 1 || Number(year) === 0)
    return { problem: `there is no day ${text}` }
  const dayText = [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-')
  if (hour === undefined) return { value: dayText }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return { problem: `there is no time ${text}` }
  const micros = fraction.slice(0, 6).padEnd(6, '0')
  const time = [hour.padStart(2, '0'), minute, second].join(':') + (micros === '000000' ? '' : `.${micros}`)
  const offset = utc ? '+00:00' : sign && zone ? `${sign}${zone.padStart(2, '0')}:${zoneMinute ?? '00'}` : ''
  return { value: `${dayText}T${time}${offset}` }
}
