import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { LockstepError } from '../errors/error.ts'
import type { Files } from '../inventory/files.ts'
import { hostsToAsk, isProgram, type ProgramOutput } from '../inventory/programs.ts'
import { sourceFiles } from '../inventory/sources.ts'
import type { Io } from './io.ts'
import { endingOf, runProgram } from './run-program.ts'

const stdinPaths: readonly string[] = ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']

/** `-i -` is stdin, as `-i /dev/stdin` is. */
export const asPath = (source: string): string => (source === '-' ? '/dev/stdin' : source)
export const isStdin = (source: string): boolean => stdinPaths.includes(source)

/** The files with stdin among them when a source names it: it can be read once only, and it may be a socket. */
export async function withStdin(sources: readonly string[], files: Files, { stdin }: Io): Promise<Files> {
  if (!sources.some(isStdin)) return files
  const said = await text(stdin)
  return {
    ...files,
    kind: path => (isStdin(path) ? 'file' : files.kind(path)),
    readText: path => (isStdin(path) ? said : files.readText(path)),
    isExecutable: path => !isStdin(path) && files.isExecutable(path),
  }
}

/** An inventory in a cloud may take its time. */
const limitMs = 60_000
/** Programs for single hosts at the same time. */
const atOnce = 8

/** What every program among the sources prints, by its path. */
export async function outputsOf(
  sources: readonly string[],
  files: Files,
  io: Io,
): Promise<ReadonlyMap<string, ProgramOutput>> {
  const programs = sources.flatMap(source => sourceFiles(source, files)).filter(path => isProgram(path, files))
  const outputs = await Promise.all(programs.map(async path => [path, await outputOf(path, io)] as const))
  return new Map(outputs)
}

/** Without `_meta` it is asked for every host on its own. */
async function outputOf(path: string, io: Io): Promise<ProgramOutput> {
  const list = await printed(path, ['--list'], io)
  const hosts = new Map<string, string>()
  const left = hostsToAsk(list).values()
  const askOneByOne = async () => {
    for (const name of left) hosts.set(name, await printed(path, ['--host', name], io))
  }
  await Promise.all(Array.from({ length: atOnce }, askOneByOne))
  return { list, hosts }
}

async function printed(path: string, args: readonly string[], io: Io): Promise<string> {
  const end = await runProgram([resolve(io.cwd, path), ...args], io, { limitMs })
  if (end.code === 0) return end.stdout
  throw new LockstepError('INVENTORY_PROGRAM', `${path} ${args.join(' ')}: ${endingOf(end)}`)
}
