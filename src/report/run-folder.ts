import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { LockstepError } from '../errors/error.ts'
import type { EventKind } from '../runner/events.ts'
import type { CaptureResult, FlowResult, RunResult } from '../runner/result.ts'
import type { StepResult } from '../runner/steps/ground.ts'
import { type DatFile, decodeDat } from '../stats/dat-file.ts'
import { measure } from '../stats/figures.ts'
import { figuresInWords } from '../stats/figures-in-words.ts'
import { type CellResults, experimentIn } from './cell-results.ts'
import { bigintOf, type Lines, parseLines, textOf } from './ndjson.ts'
import { parseResult } from './parse-result.ts'
import { type Story, storyOf } from './story.ts'
import { type SyncPoint, syncPoints } from './sync-lines.ts'

/** A run as its folder tells it, whole or cut off. */
export interface RunRecord {
  readonly path: string
  readonly name: string
  /** Missing when the run was cut off. */
  readonly result: RunResult | undefined
  readonly flows: readonly RecordedFlow[]
  readonly steps: readonly StepResult[]
  readonly captures: readonly CaptureResult[]
  /** What the events say happened. */
  readonly story: Story
  readonly sync: readonly SyncPoint[]
  /** The gate's limit of both offsets for a host, ns. */
  readonly gateLimit: (host: string) => bigint | undefined
  /** Packet logs and single ends of void attempts, below the folder. */
  readonly voidLogs: readonly string[]
  /** Its cells, when it is one of an experiment. */
  readonly experiment: CellResults | undefined
  /** What of the folder cannot be read. */
  readonly damage: readonly string[]
}

export interface RecordedFlow extends FlowResult {
  /** Reads the packet log; undefined when there is none or it cannot be read. */
  log(): DatFile | undefined
}

/** Packet logs that need not be read again, by their paths. */
export type LogsAtHand = ReadonlyMap<string, DatFile>

/** Reads a run folder back. Refuses a folder that no run wrote; everything else that is missing is part of the record. */
export function readRunFolder(path: string, atHand: LogsAtHand = new Map()): RunRecord {
  const names = listing(path)
  if (!names.some(name => name === 'events.ndjson' || name === 'result.json'))
    throw new LockstepError('USAGE_FILE', `${path} is no run folder: it has neither events.ndjson nor result.json`, {
      hint: 'a packet log is read with --summary',
    })
  const damage: string[] = []
  const resultText = readIfThere(join(path, 'result.json'))
  const readLog = (file: string) => atHand.get(join(path, file)) ?? logIn(join(path, file), damage)
  const result = resultText === undefined ? undefined : parseResult(resultText, join(path, 'result.json'))
  const events = linesOf(path, 'events.ndjson', damage)
  const started = eventsOf(events, 'run_started').at(-1)
  const flows = (result?.flows ?? outlinesOf(started)).map(flow => recordedFlow(flow, names, readLog))
  const story = storyOf(events)
  return {
    path,
    steps: result?.steps ?? story.steps,
    captures: result?.captures ?? [],
    name: result?.name ?? textOf(started?.['name']) ?? basename(resolve(path)),
    result,
    flows,
    story,
    sync: syncPoints(linesOf(path, 'sync.ndjson', damage)),
    gateLimit: limitsIn(eventsOf(events, 'gate_round').at(-1)),
    experiment: experimentIn(path),
    voidLogs: names.filter(name => /^attempts\/.*(\.dat|\.pcap|\.(sender|receiver)(-log|\.out|\.err))$/.test(name)),
    damage,
  }
}

function limitsIn(round: Readonly<Record<string, unknown>> | undefined): RunRecord['gateLimit'] {
  const own = (round?.['limits'] ?? {}) as Readonly<Record<string, unknown>>
  return host => bigintOf(own[host]) ?? bigintOf(round?.['limit'])
}

function listing(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
  } catch (cause) {
    const reason = reasons[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message
    throw new LockstepError('USAGE_FILE', `cannot read the run folder ${path}: ${reason}`, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is a file; --summary reads packet logs',
  EACCES: 'permission denied',
}

const eventsOf = ({ values }: Lines, kind: EventKind) => values.filter(value => value['kind'] === kind)

function linesOf(path: string, name: string, damage: string[]): Lines {
  const lines = parseLines(readIfThere(join(path, name)) ?? '')
  if (lines.broken > 0) damage.push(`${name}: ${lines.broken === 1 ? 'a line' : `${lines.broken} lines`} not whole`)
  return lines
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new LockstepError('USAGE_FILE', `cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** The flows of a run that left no result, with what the folder holds of them. */
function outlinesOf(started: Readonly<Record<string, unknown>> | undefined): FlowResult[] {
  const flows = Array.isArray(started?.['flows']) ? (started['flows'] as Record<string, unknown>[]) : []
  return flows.map(flow => {
    const text = (key: string) => textOf(flow[key]) ?? '?'
    return { name: text('name'), from: text('from'), to: text('to'), tool: text('tool'), figures: {} }
  })
}

function recordedFlow(
  flow: FlowResult,
  names: readonly string[],
  read: (file: string) => DatFile | undefined,
): RecordedFlow {
  const usual = `flows/${flow.name}.dat`
  const file = flow.file ?? (names.includes(usual) ? usual : undefined)
  const log = () => (file === undefined ? undefined : read(file))
  const recorded = { ...flow, ...(file === undefined ? {} : { file }), log }
  return Object.keys(flow.figures).length > 0 ? recorded : { ...recorded, ...measured(log()) }
}

function measured(dat: DatFile | undefined): Partial<FlowResult> {
  if (dat === undefined) return {}
  const { sent, received, figures } = measure(dat)
  return { sent, received, figures: figuresInWords(figures) }
}

/** A log that is gone or broken does not hide the others. */
function logIn(file: string, damage: string[]): DatFile | undefined {
  try {
    return readDat(file)
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    if (!damage.includes(error.message)) damage.push(error.message)
    return undefined
  }
}

/** Reads a packet log from disk; `name` is for messages. */
export function readDat(file: string, name = file): DatFile {
  let bytes: Buffer
  try {
    if (statSync(file).isDirectory()) throw new Error('it is a folder')
    bytes = readFileSync(file)
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `cannot read ${name}: ${(cause as Error).message}`, { cause })
  }
  return decodeDat(bytes, name)
}
