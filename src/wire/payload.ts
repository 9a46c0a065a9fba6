import { LockstepError } from '../errors/error.ts'
import {
  type Layout,
  type MessageName,
  messages,
  type NamedFields,
  type SingleField,
  spelt,
  type Value,
} from './messages.ts'

/** Octets of a message's payload; undefined for LOG, which has as many as it says. */
export function payloadSize(name: MessageName): number | undefined {
  const layout: Layout = messages[name].layout
  return isField(layout) ? layout.size : Object.values(layout).reduce((sum, field) => sum + field.size, 0)
}

/** The value that a payload holds; a payload of another size than its row is refused. */
export function decodeValue<Name extends MessageName>(name: Name, payload: Buffer): Value<Name> {
  const size = payloadSize(name)
  if (size !== undefined && payload.length !== size)
    throw new LockstepError('WIRE_PAYLOAD', `${spelt(name)} is ${size} bytes on the wire, got ${payload.length}`)
  const layout: Layout = messages[name].layout
  // The row fixes the type of what its fields read; the compiler cannot follow a row picked at run time.
  return (
    isField(layout) ? inside(spelt(name), () => layout.read(payload)) : readFields(name, layout, payload)
  ) as Value<Name>
}

/** The payload that says a value. */
export function encodeValue<Name extends MessageName>(name: Name, value: Value<Name>): Buffer {
  const layout: Layout = messages[name].layout
  if (isField(layout)) return inside(spelt(name), () => layout.write(value))
  const values = value as Readonly<Record<string, unknown>> // a row of named fields has a value of the same names
  return Buffer.concat(
    Object.entries(layout).map(([key, field]) => inside(`${spelt(name)} ${key}`, () => field.write(values[key]))),
  )
}

function readFields(name: MessageName, fields: NamedFields, payload: Buffer) {
  let at = 0
  const entries = Object.entries(fields).map(([key, field]) => {
    const bytes = payload.subarray(at, at + field.size)
    at += field.size
    return [key, inside(`${spelt(name)} ${key}`, () => field.read(bytes))]
  })
  return Object.fromEntries(entries)
}

const isField = (layout: Layout): layout is SingleField => typeof layout.read === 'function'

/** A field knows what it expected, not whose it is. */
function inside<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    throw new LockstepError(error.code, `${what}: ${error.message}`, { cause: error })
  }
}
