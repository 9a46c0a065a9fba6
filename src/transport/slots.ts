/** A number of places that are taken and given back: whoever finds none waits, first come first served. */
export class Slots {
  #free: number
  readonly #waiting: ((release: () => void) => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  /** Waits for a place; the function it gives back frees the place, once. Rejects with the reason of `signal`. */
  take(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(this.#releaser())
    }
    return new Promise((resolve, reject) => {
      const enter = (release: () => void) => {
        signal?.removeEventListener('abort', leave)
        resolve(release)
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal?.reason)
      }
      this.#waiting.push(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #releaser(): () => void {
    let held = true
    return () => {
      if (!held) return
      held = false
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next(this.#releaser())
    }
  }
}
