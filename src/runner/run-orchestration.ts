import { existsSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { LockstepError, refuse } from '../errors/error.ts'
import { connectTcp } from '../management/connect.ts'
import { gateDefaults } from '../playbook/gate.ts'
import type { Gate } from '../playbook/play.ts'
import { datParts } from '../stats/dat-file.ts'
import { isochronTest } from '../tools/isochron.ts'
import type { OrchestrationFile, OrchestrationSection } from '../tools/orchestration-file.ts'
import { type Nanoseconds, ns } from '../units/quantity.ts'
import type { CollectedPair } from './collect.ts'
import { troubles } from './context.ts'
import type { RunEvent } from './events.ts'
import { type JudgeLogs, judgePhase } from './judge-phase.ts'
import { masker } from './masker.ts'
import { orchestrate } from './orchestrate.ts'
import { datOf } from './packet-logs.ts'
import type { Pair } from './pair.ts'
import { type RunOutcome, type RunRecord, runRecord } from './record.ts'
import { reportPhase, type WriteReport } from './report-phase.ts'
import { createRunFolder, writeWhole } from './run-folder.ts'
import { stopSignal } from './stop-signal.ts'

/** A management port that does not take a connection within this is not there. */
const connectWithinMs = 5_000

export interface OrchestrationDependencies {
  /** Path as the user gave it. */
  readonly file: string
  readonly runs: string
  readonly version: string
  readonly onEvent: (event: RunEvent) => void
  readonly interrupted: AbortSignal
  readonly judgeLogs: JudgeLogs
  readonly writeReport: WriteReport
  /** Where a section's `--output-file` lies. */
  readonly outputPath: (file: string) => string
  readonly attempts: number
  readonly gateTimeout: Nanoseconds
}

/** The flow's name: the section's, with a number behind it when several sections share one. */
export function flowNames(sections: readonly OrchestrationSection[]): string[] {
  const seen = new Map<string, number>()
  return sections.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name}-${count}`
  })
}

/**
 * Runs an orchestration file against daemons and receivers that are already up: gate, common start, logs into the files
 * that the sections name. Nothing is started or stopped on any host.
 */
export async function runOrchestration(
  file: OrchestrationFile,
  dependencies: OrchestrationDependencies,
): Promise<RunOutcome> {
  refuseOutputs(file, dependencies.outputPath)
  const { sections } = file
  const pairs = orchestrationPairs(file)
  const folder = createRunFolder({ base: dependencies.runs, name: baseName(dependencies.file), started: new Date() })
  const record = runRecord(subjectOf(dependencies.file, sections, pairs), folder, {
    ...dependencies,
    plan: planOf(pairs),
    masker: masker(),
  })
  const stop = stopSignal(dependencies.interrupted, folder.failed, record.emit)
  const context = record.contextOf(stop.signal)
  try {
    const { collected, outputs } = await orchestrate({
      pairs,
      others: undefined,
      captures: undefined,
      gate: gateOf(pairs, dependencies.gateTimeout),
      servos: new Map(),
      attempts: dependencies.attempts,
      troubles: troubles(),
      context,
      inPhase: record.inPhase,
      opensIn: 'connect',
      carrierChanges: async () => new Map(),
      // Daemons and receivers are not ours: who has died stays dead, and the next attempt says so.
      revive: async () => {},
      keepVoid: record.keepVoid,
      onAttempt: record.noteAttempt,
    })
    const asked = { expect: [], valid: [], report: ['summary'] } as const
    await record.inPhase('judge', () => judgePhase(asked, { collected, outputs }, record, dependencies.judgeLogs))
    writeOutputs(sections, collected, dependencies.outputPath, record)
    stop.signal.throwIfAborted()
  } catch (error) {
    record.fail(stop.signal.aborted ? stop.signal.reason : error)
  }
  await reportPhase(record, dependencies.writeReport)
  if (stop.signal.aborted) record.fail(stop.signal.reason)
  return record.end()
}

/** The pairs of a file, one per section; ORCHESTRATION_OPTION for one that cannot be run, before anybody is connected to. */
export function orchestrationPairs({ sections }: OrchestrationFile): Pair[] {
  const names = flowNames(sections)
  return sections.map((section, i) => pairOf(section, names[i] as string))
}

/** Host addresses stand for hosts: sections that name one address are about one host. */
function pairOf({ host, port, options, at }: OrchestrationSection, name: string): Pair {
  const { client } = options
  if (client === undefined) {
    throw new LockstepError('ORCHESTRATION_OPTION', `section ${name} has no --client`, {
      at,
      hint: 'without its receiver nothing is watched or collected; add --client with the address of isochron rcv',
    })
  }
  const connect = (address: string, to: number) => () =>
    connectTcp({ host: reachable(address), port: to, timeoutMs: connectWithinMs })
  return {
    name,
    test: isochronTest(
      Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Parameters<
        typeof isochronTest
      >[0],
    ),
    sender: { host, connect: connect(host, port) },
    receiver: { host: client, connect: connect(client, Number(options['stats-port'])) },
    interface: options.interface,
    unixDomainSocket: options['unix-domain-socket'],
  }
}

/** An address as sockets take it: the device behind an IPv4 address is isochron's own notion. */
const reachable = (address: string) => (address.includes(':') ? address : (address.split('%')[0] as string))

/** Every monitored section has a threshold of its own; the tightest one is shown. */
function gateOf(pairs: readonly Pair[], timeout: Nanoseconds): Gate {
  const thresholds = pairs.flatMap(({ test }) => (test.omitSync ? [] : (test.syncThreshold ?? [])))
  const tightest = thresholds.reduce((least, each) => (each < least ? each : least), thresholds[0] ?? ns(0n))
  // As isochron orchestrate has it: three good rounds, 100 ms apart.
  return { ...gateDefaults, offset: tightest, timeout }
}

const subjectOf = (file: string, sections: readonly OrchestrationSection[], pairs: readonly Pair[]) => ({
  name: baseName(file),
  file,
  hosts: [...new Set(pairs.flatMap(({ sender, receiver }) => [sender.host, receiver.host]))],
  flows: pairs.map(({ name, sender, receiver }) => ({ name, from: sender.host, to: receiver.host, tool: 'isochron' })),
  phases: ['connect', 'gate', 'traffic', 'collect', 'judge', 'report'] as const,
  resolved: sections.map(({ name, host, port, options }) => ({ name, host, port, options })),
})

const planOf = (pairs: readonly Pair[]): string =>
  pairs
    .map(
      ({ name, sender, receiver, test }) => `${name}: ${sender.host} to ${receiver.host}, ${test.numFrames} frames\n`,
    )
    .join('')

const baseName = (file: string) => file.slice(file.lastIndexOf('/') + 1)

/** The files that the original would have written, whole or not at all; one that cannot be written costs no other. */
function writeOutputs(
  sections: readonly OrchestrationSection[],
  collected: readonly CollectedPair[],
  outputPath: (file: string) => string,
  record: RunRecord,
): void {
  for (const [i, pair] of collected.entries()) {
    const output = sections[i]?.options['output-file']
    const dat = datOf(pair)
    if (output === undefined || dat === undefined) continue
    try {
      writeOutput(outputPath(output), datParts(dat))
    } catch (cause) {
      const reason = (cause as Error).message
      record.fail(new LockstepError('USAGE_FILE', `cannot write ${output}: ${reason}`, { hint: kept(pair), cause }))
    }
  }
}

/** Through links, as the original does; /dev/null and its like are written to, never replaced by a file. */
function writeOutput(path: string, parts: readonly Uint8Array[]): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isCharacterDevice()) writeFileSync(path, Buffer.concat(parts))
  else writeWhole(there === undefined ? path : realpathSync(path), parts)
}

const kept = ({ open }: CollectedPair) => `the packet log is in the run folder: flows/${open.pair.name}.dat`

/** Said before anybody is connected to: a folder that is missing now will be missing when the test is over. */
export function refuseOutputs({ sections }: OrchestrationFile, outputPath: (file: string) => string): void {
  refuse(
    sections.flatMap(({ options, at }) => {
      const output = options['output-file']
      const wrong = output === undefined ? undefined : unwritable(outputPath(output))
      if (wrong === undefined) return []
      return [{ code: 'ORCHESTRATION_VALUE', message: `--output-file ${output}: ${wrong}`, at } as const]
    }),
  )
}

function unwritable(path: string): string | undefined {
  if (!existsSync(dirname(path))) return 'there is no such folder'
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined || there.isFile() || there.isCharacterDevice()) return undefined
  return there.isDirectory() ? 'it is a folder' : 'it is no file'
}
