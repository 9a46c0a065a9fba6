import { posix } from 'node:path'
import type { Code } from '../errors/codes.ts'
import { type Place, type Problem, refuse } from '../errors/error.ts'
import type { TaiInstant } from '../units/quantity.ts'
import { parseIp } from './ip-address.ts'
import type { SendOptions } from './isochron-send-options.ts'
import { readValue } from './isochron-values.ts'
import type { Say } from './orchestration-lines.ts'
import { type Draft, orchestrationSections } from './orchestration-sections.ts'
import { orchestrationWords } from './orchestration-words.ts'
import { settleSendLine } from './send-checks.ts'
import { type Report, readSendLine } from './send-line.ts'
import { placesIn, type Traced, traced } from './traced-text.ts'

/** One sender: a section of the file. */
export interface OrchestrationSection {
  /** As written between the brackets; need not be unique. */
  readonly name: string
  /** Numeric address of the daemon, perhaps with `%device`. */
  readonly host: string
  readonly port: number
  /** Defaults filled in; `advance-time` is the derived one. */
  readonly options: SendOptions
  readonly at: Place
}

export interface OrchestrationFile {
  /** In the order of the file. */
  readonly sections: readonly OrchestrationSection[]
  /** What isochron takes, but not as the author may think. */
  readonly warnings: readonly Problem[]
}

/**
 * Reads the file of `isochron orchestrate` 0.9. What isochron refuses, and what it silently takes for something else, is
 * an error; all errors of the file are thrown at once. `now` is what `--base-time +1.5` counts from.
 */
export function readOrchestrationFile({
  file,
  text,
  now,
}: {
  readonly file: string
  readonly text: string
  readonly now: TaiInstant
}): OrchestrationFile {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const placeOf = placesIn(file, text)
  const into =
    (list: Problem[]): Report =>
    (code, where, message, hint) =>
      list.push({ code, message, hint, at: placeOf(where) })
  const reader: Reader = { now, error: into(problems), warn: into(warnings) }
  const whole = traced(text)
  const syntax = 'ORCHESTRATION_SYNTAX'
  const drafts = orchestrationSections(whole, saying(reader.error, syntax), saying(reader.warn, syntax))
  if (drafts.length === 0) reader.error(syntax, whole, 'expected at least one [section], got none')
  const read = drafts.flatMap(draft => readSection(draft, reader))
  refuseSharing(read, reader)
  refuse(problems)
  return { sections: read.map(({ section, name }) => ({ ...section, at: placeOf(name) })), warnings }
}

interface Reader {
  readonly now: TaiInstant
  readonly error: Report
  readonly warn: Report
}
const saying =
  (report: Report, code: Code): Say =>
  (where, message, hint) =>
    report(code, where, message, hint)

/** A section as far as it can be read: sharing can be seen even when the rest is wrong. */
interface ReadSection {
  readonly name: Traced
  readonly exec: Traced
  readonly section: Omit<OrchestrationSection, 'at'>
}

function readSection({ name, values }: Draft, reader: Reader): ReadSection[] {
  const host = readHost(name, values.get('host'), reader)
  const port = readPort(values.get('port'), reader)
  const exec = values.get('exec')
  if (exec === undefined || exec.text === '') {
    reader.error('ORCHESTRATION_SYNTAX', exec ?? name, `the section '${name.text}' has no exec`)
    return []
  }
  const options = readExec(exec, reader)
  if (host === undefined || port === undefined || options === undefined) return []
  warnOfDevice(host, values.get('host') ?? name, reader)
  if (options.client !== undefined) warnOfDevice(options.client, exec, reader)
  return [{ name, exec, section: { name: name.text, host, port, options } }]
}

function readHost(section: Traced, value: Traced | undefined, { error }: Reader): string | undefined {
  if (value === undefined || value.text === '')
    return void error('ORCHESTRATION_SYNTAX', value ?? section, `the section '${section.text}' has no host`)
  if (parseIp(value.text) !== undefined) return value.text
  const hint = 'isochron does not resolve names'
  return void error('ORCHESTRATION_VALUE', value, `expected a numeric IPv4 or IPv6 address, got '${value.text}'`, hint)
}

/** Only a link-local address needs its device to be reached at all. */
function warnOfDevice(address: string, where: Traced, { warn }: Reader): void {
  const device = parseIp(address)?.device
  if (device === undefined || /^fe80:/i.test(address)) return
  const message = `isochron would bind its socket to ${device} for ${address}: here the routes of this machine decide`
  warn('ORCHESTRATION_VALUE', where, message)
}

/** The port that isochron takes when there is none, or none that it can read. */
const usualPort = 5000

function readPort(value: Traced | undefined, { now, error }: Reader): number | undefined {
  if (value === undefined) return usualPort
  const reading = readValue({ short: '', kind: 'integer', min: 1n, max: 65_535n }, value.text, now)
  if (!('fault' in reading)) return Number(reading.value)
  const hint = `isochron takes ${usualPort} when it cannot read the port, or reads 0`
  return void error('ORCHESTRATION_VALUE', value, `port: ${reading.fault}`, hint)
}

function readExec(exec: Traced, reader: Reader): SendOptions | undefined {
  const words = orchestrationWords(exec, saying(reader.error, 'ORCHESTRATION_SYNTAX'))
  const line = readSendLine(exec, words, reader)
  if (line === undefined) return undefined
  const conflict = saying(reader.error, 'ORCHESTRATION_CONFLICT')
  return settleSendLine(exec, line, conflict, saying(reader.warn, 'ORCHESTRATION_CONFLICT'))
}

/** Daemons and receivers serve one client, and a file holds one log. */
function refuseSharing(read: readonly ReadSection[], { error }: Reader): void {
  const ports = new Map<string, string>()
  const files = new Map<string, string>()
  const claim = (claims: Map<string, string>, key: string, what: string, who: string, where: Traced, hint: string) => {
    const first = claims.get(key)
    if (first === undefined) claims.set(key, who)
    else error('ORCHESTRATION_CONFLICT', where, `${what} is that of ${first} already`, hint)
  }
  for (const { name, exec, section } of read) {
    const { client, 'stats-port': statsPort, 'output-file': output } = section.options
    const who = `the section '${section.name}'`
    const daemon = `${section.host} port ${section.port}`
    claim(
      ports,
      portKey(section.host, section.port),
      `the daemon at ${daemon}`,
      `the sender of ${who}`,
      name,
      oneClient,
    )
    if (client === undefined) continue
    const receiver = `the receiver at ${client} port ${statsPort}`
    claim(ports, portKey(client, Number(statsPort)), receiver, `the receiver of ${who}`, exec, oneClient)
    if (output === undefined) continue
    claim(files, posix.normalize(output), `the output file ${output}`, who, exec, 'isochron would overwrite it')
  }
}

const oneClient = 'daemons and receivers serve one client: isochron would wait for ever'
const portKey = (host: string, port: number) => `${parseIp(host)?.key ?? host} ${port}`
