import type { KeyEntry } from '../playbook/reference.ts'
import type { ToolDescription } from '../playbook/tool-description.ts'
import { type FigureDescription, figureKinds } from '../units/figure-kind.ts'
import { isochronDescription } from './isochron-options.ts'
import { trafficTools } from './traffic-tools.ts'

/**
 * The figures that a line of `expect` may name, as if they were keys of it: `expect.path-delay`. One that several tools
 * have is said by each, `lost` of isochron first.
 */
export const figureEntries = (): readonly KeyEntry[] =>
  [isochronDescription, ...trafficTools].flatMap(tool =>
    Object.entries(tool.figures)
      // A hop like any other.
      .filter(([name]) => !/^hop-([2-9]|\d\d)$/.test(name))
      .map(([name, figure]) => entryOf(tool, name, figure)),
  )

function entryOf(
  tool: ToolDescription,
  name: string,
  { kind, shape, summary, statistics }: FigureDescription,
): KeyEntry {
  const { article, expects } = figureKinds[kind]
  const limit = examples[kind]
  const own = tool === isochronDescription ? '' : `${tool.name}: `
  return {
    path: `expect.${name}`,
    meaning: `${own}${summary}`,
    ...(shape === 'one'
      ? {
          takes: `a figure: ${kind === 'count' ? 'one number' : article}, compared with ${expects}`,
          example: `${name} ${limit}`,
        }
      : {
          takes: `a figure: ${article} with a statistic (${statistics?.join(', ') ?? usualStatistics})`,
          example: `${name}.${statistics?.[0] ?? 'mean'} ${limit}`,
        }),
    ...{ limits: undefined, byDefault: undefined, needed: false, sameAs: undefined },
    place: `figures of ${tool.name}#/${name}`,
  }
}

const examples = { time: '< 10us', rate: '>= 900Mbit/s', ratio: '< 0.1%', octets: '< 1500B', count: '== 0' } as const
const usualStatistics = 'min, mean, max, stddev, p50, p99.9 and so on'
