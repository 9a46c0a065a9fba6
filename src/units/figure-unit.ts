import type { FigureKind } from './figure-kind.ts'

/** Units in which programs print figures, and how many of the figure's own unit each is. */
export const figureUnits = {
  ns: { kind: 'time', times: 1 },
  us: { kind: 'time', times: 1e3 },
  ms: { kind: 'time', times: 1e6 },
  s: { kind: 'time', times: 1e9 },
  'bit/s': { kind: 'rate', times: 1 },
  'kbit/s': { kind: 'rate', times: 1e3 },
  'Mbit/s': { kind: 'rate', times: 1e6 },
  'Gbit/s': { kind: 'rate', times: 1e9 },
  'B/s': { kind: 'rate', times: 8 },
  'kB/s': { kind: 'rate', times: 8e3 },
  'MB/s': { kind: 'rate', times: 8e6 },
  'GB/s': { kind: 'rate', times: 8e9 },
  '%': { kind: 'ratio', times: 1 },
  B: { kind: 'octets', times: 1 },
  kB: { kind: 'octets', times: 1e3 },
  MB: { kind: 'octets', times: 1e6 },
  GB: { kind: 'octets', times: 1e9 },
  KiB: { kind: 'octets', times: 1024 },
  MiB: { kind: 'octets', times: 1_048_576 },
  GiB: { kind: 'octets', times: 1_073_741_824 },
  '1': { kind: 'count', times: 1 },
} as const satisfies Readonly<Record<string, { kind: FigureKind; times: number }>>
export type FigureUnit = keyof typeof figureUnits

export const isFigureUnit = (text: string): text is FigureUnit => Object.hasOwn(figureUnits, text)
