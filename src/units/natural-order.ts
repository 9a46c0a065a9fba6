/** Which of two names comes first for a reader: digits in a row count as one number, so `n2` stands before `n10`. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = partOrder(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length || plainOrder(a, b)
}

const partsOf = (text: string): readonly string[] => text.match(/\d+|\D+/g) ?? []
const isNumber = (text: string) => /^\d/.test(text)

function partOrder(a: string, b: string): number {
  if (!isNumber(a) || !isNumber(b)) return plainOrder(a, b)
  const [left, right] = [a, b].map(text => text.replace(/^0+(?=\d)/, '')) as [string, string]
  return left.length - right.length || plainOrder(left, right)
}

const plainOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
