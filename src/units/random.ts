/** Numbers that a seed repeats, on every machine and in every version: an order once kept must come out again. */
export interface Random {
  /** A whole number from 0 to `n` - 1, each as likely as the other; `n` is at most 2^32. */
  below(n: number): number
}

/** The largest seed, 2^53 - 1: every seed is a whole number that JSON and YAML carry exactly. */
export const largestSeed = Number.MAX_SAFE_INTEGER

/**
 * xoshiro128** 1.1 (Blackman and Vigna), its state filled by SplitMix64 from the seed. Below `n` by rejection: draws at or
 * above the largest multiple of `n` within 32 bits are thrown away, the rest is taken modulo `n`.
 */
export function random(seed: number): Random {
  const next = xoshiro128(seedWords(seed))
  return {
    below: n => {
      const limit = 2 ** 32 - (2 ** 32 % n)
      let drawn = next()
      while (drawn >= limit) drawn = next()
      return drawn % n
    },
  }
}

/** Fisher and Yates from the last place to the second: place i takes one of the places 0 to i. */
export function shuffled<T>(items: readonly T[], { below }: Random): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = below(i + 1)
    const moved = order[i] as T // i and j are in bounds
    order[i] = order[j] as T
    order[j] = moved
  }
  return order
}

export type Words = readonly [number, number, number, number]

/** Two values of SplitMix64, each as its low and its high 32 bits. */
export function seedWords(seed: number): Words {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed is a whole number from 0 to 2^53 - 1, got ${seed}`)
  const [first, second] = splitMix64(BigInt(seed))
  const low = (value: bigint) => Number(value & 0xffff_ffffn)
  return [low(first), low(first >> 32n), low(second), low(second >> 32n)]
}

/** The first two values of the sequence. */
function splitMix64(seed: bigint): readonly [bigint, bigint] {
  const value = (state: bigint) => {
    let z = BigInt.asUintN(64, state)
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn)
    return z ^ (z >> 31n)
  }
  const step = 0x9e37_79b9_7f4a_7c15n
  return [value(seed + step), value(seed + 2n * step)]
}

/** The generator itself: each call gives the next 32 bits. */
export function xoshiro128([a, b, c, d]: Words): () => number {
  let [s0, s1, s2, s3] = [a | 0, b | 0, c | 0, d | 0]
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0
    const shifted = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = rotateLeft(s3, 11)
    return result
  }
}

const rotateLeft = (word: number, by: number) => (word << by) | (word >>> (32 - by))
