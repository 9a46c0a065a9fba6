/** A number as C's `%.3f` prints it on glibc: exact value, halves to even, signed zero and all. */
export function fixed3(value: number): string {
  // 0/0 has its sign bit set on x86, and glibc prints it.
  if (Number.isNaN(value)) return '-nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const size = Math.abs(value)
  const digits = isHalf(size) ? roundedToEven(size) : size.toFixed(3)
  return value < 0 || Object.is(value, -0) ? `-${digits}` : digits
}

/** A binary fraction lies halfway between two thousandths only as an odd number of sixteenths. */
const isHalf = (size: number) => (size * 16) % 2 === 1

/** JavaScript rounds halves up; an odd number of sixteenths ends in 5 at the fourth decimal. */
function roundedToEven(size: number): string {
  const tenThousandths = BigInt(size * 16) * 625n
  const below = tenThousandths / 10n
  const even = below % 2n === 0n ? below : below + 1n
  return `${even / 1000n}.${String(even % 1000n).padStart(3, '0')}`
}

/** A 64-bit integer as a C `float`: rounded once, where going by way of a double would round twice. */
export function toSingle(value: bigint): number {
  if (BigInt.asIntN(54, value) === value) return Math.fround(Number(value))
  // Beyond 2^53 a float's last bit is worth 2^30 or more: the lower 20 bits matter only by not being zero.
  const sticky = (value & 0xf_ffffn) === 0n ? 0n : 1n
  return Math.fround(Number((value >> 20n) * 2n + sticky) * 2 ** 19)
}
