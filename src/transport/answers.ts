interface Waiter<T> {
  resolve(answer: T): void
  reject(error: Error): void
}

/** Questions that wait for their answers, each under a key and with a deadline. */
export class Answers<T> {
  readonly #waiting = new Map<string, Waiter<T>>()

  /** Rejects with `late()` when nothing has come under `key` after `limitMs`. */
  wait(key: string, limitMs: number, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(key, late()), limitMs)
      const settled = () => {
        clearTimeout(timer)
        this.#waiting.delete(key)
      }
      this.#waiting.set(key, {
        resolve(answer) {
          settled()
          resolve(answer)
        },
        reject(error) {
          settled()
          reject(error)
        },
      })
    })
  }

  /** An answer that nobody waits for is dropped: its deadline has passed. */
  settle(key: string, answer: T): void {
    this.#waiting.get(key)?.resolve(answer)
  }

  fail(key: string, error: Error): void {
    this.#waiting.get(key)?.reject(error)
  }

  failAll(error: Error): void {
    for (const waiter of [...this.#waiting.values()]) waiter.reject(error)
  }
}
