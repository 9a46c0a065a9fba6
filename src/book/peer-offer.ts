import type { OfferedFile, PeerMessage } from './peer-messages.ts'

/** What one member has to give of its results. */
export type Offer = Extract<PeerMessage, { readonly op: 'offer' }>

/** A file as the manifest of its owner has it. */
export type GivenFile = Omit<OfferedFile, 'copy'>

export const usualTradeMax = 16 * 1_024 * 1_024

/** The smallest first, so that as many as possible come along; what does not fit is named only. In the order given. */
export function comingAlong(files: readonly GivenFile[], most: number): readonly OfferedFile[] {
  const bySize = [...files].sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1))
  let left = most
  const along = new Set<string>()
  for (const { name, size } of bySize) {
    left -= size
    if (left < 0) break
    along.add(name)
  }
  return files.map(file => ({ ...file, copy: along.has(file.name) ? 'here' : 'by reference' }))
}

export const hereOf = ({ files }: Offer): readonly OfferedFile[] => files.filter(({ copy }) => copy === 'here')

/** Whether it asks for no more room than was agreed, and names each file once. */
export const isFair = (offer: Offer, most: number): boolean =>
  hereOf(offer).reduce((sum, { size }) => sum + size, 0) <= most &&
  new Set(offer.files.map(({ name }) => name)).size === offer.files.length

/** With the files that did not come whole marked. */
export const withMissing = (offer: Offer, kept: ReadonlySet<string>): Offer => ({
  ...offer,
  files: offer.files.map(file => (file.copy === 'here' && !kept.has(file.name) ? { ...file, copy: 'missing' } : file)),
})
