import { type Reason, reason } from '../book/reasons.ts'
import type { BookRequest } from '../wire/book-messages.ts'
import { type Details, isTest } from './details.ts'

interface Linking extends Pick<BookRequest<'confirm'>, 'self' | 'key' | 'links'> {
  readonly members: readonly string[]
}

type Held = Pick<Details, 'spec' | 'peers'>

/**
 * Why the members of a group could not reach each other. Nobody is dialled at an address that the limits were not asked
 * about: what the hold said of its peers counts.
 */
export function linkFault({ members, self, key, links }: Linking, held: Held): Reason | undefined {
  if (members.length <= 1) return undefined
  const lead = [...members].sort()[0] ?? ''
  if (key === undefined) return bad('key', 'is what the members of a group know each other by')
  const link = links?.[lead]
  if (link === undefined) return bad('links', `do not say where ${lead} listens`)
  const unknown = members.find(name => name !== self && !held.peers.some(({ endpoint }) => endpoint === name))
  if (unknown !== undefined) return bad('agreement', `${unknown} was no peer when this was held`)
  if (lead === self || addressesOf(lead, held).includes(link.address)) return undefined
  return bad('links', `${lead} has another address than the one that was held for`)
}

const addressesOf = (name: string, { spec, peers }: Held): readonly string[] => [
  ...peers.flatMap(({ endpoint, address }) => (endpoint === name && address !== undefined ? [address] : [])),
  ...(isTest(spec) ? [spec.role === 'sender' ? spec.to : spec.from] : []),
]

const bad = (field: string, why: string): Reason => reason('BAD_REQUEST', { field, why })
