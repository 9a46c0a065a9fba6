import { tai } from '../units/quantity.ts'

/** What a base time of `+1.5` counts from. UTC is 37 s behind TAI since 2017; the gate moves past base times anyway. */
export const taiOfThisMachine = () => tai((BigInt(Date.now()) + 37_000n) * 1_000_000n)
