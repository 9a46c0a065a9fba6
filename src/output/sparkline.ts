/** Levels from the lowest to the highest, each one column wide. */
const unicode = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const ascii = ['_', '.', ',', '-', '~', '=', '"', '^']
const gap = ' '

/**
 * Values over time, the newest at the right, as one character each: symmetric around 0, as high as the largest of them, of
 * either sign. A value that is missing leaves a gap.
 */
export function sparkline(values: readonly (number | undefined)[], width: number, isUnicode: boolean): string {
  const shown = values.slice(-width)
  const levels = isUnicode ? unicode : ascii
  const largest = Math.max(...shown.map(value => Math.abs(value ?? 0)), 0)
  const level = (value: number) => {
    const share = largest === 0 ? 0 : value / largest
    return levels[Math.min(levels.length - 1, Math.floor(((share + 1) / 2) * levels.length))] ?? gap
  }
  return shown.map(value => (value === undefined ? gap : level(value))).join('')
}
