/** Appends to one file; a sync serves all who wait for one. */
export interface GroupCommit {
  /** In the order of the calls. Nothing is said of when it is on disk. */
  append(text: string): void
  /** When all that was appended before is on disk; rejects when it cannot be said that it is. */
  synced(): Promise<void>
}

/** At most one sync in so many ms: what comes meanwhile goes with the next one. */
const syncEachMs = 2

/**
 * `write` puts a text on disk. After a fault nothing more is written, and everybody who waits is told: what the kernel has dropped of a file whose sync
 * failed is never said a second time.
 */
export function groupCommit(write: (text: string) => Promise<void>): GroupCommit {
  let text = ''
  let fault: Error | undefined
  let flushing: Promise<void> | undefined
  let next: Promise<void> | undefined
  let lastSync = Number.NEGATIVE_INFINITY

  const flush = async (): Promise<void> => {
    const wait = lastSync + syncEachMs - performance.now()
    // All that this turn of the loop brings goes along.
    await new Promise<void>(resolve => (wait > 0 ? setTimeout(resolve, wait) : setImmediate(resolve)))
    next = undefined // who asks from here on waits for another one
    lastSync = performance.now()
    const given = text
    text = ''
    if (fault !== undefined) throw fault
    try {
      await write(given)
    } catch (error) {
      fault = error as Error
      throw error
    }
  }

  return {
    append: more => {
      text += more
    },
    synced: () => {
      if (next !== undefined) return next
      const before = flushing?.catch(() => undefined)
      next = flushing = before === undefined ? flush() : before.then(flush)
      return next
    },
  }
}
