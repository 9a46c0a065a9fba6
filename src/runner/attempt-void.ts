/** What makes an attempt not count. Thrown inside it, and caught by whoever runs the attempts. */
export class AttemptVoid extends Error {
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(reasons.join('; '))
    this.reasons = reasons
  }
}
