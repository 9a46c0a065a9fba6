import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BrokerSession } from '../../client/broker-session.ts'
import { ownNamed } from '../../client/own.ts'
import { fetchCopies, fetchResult, type KeptResult } from '../../client/results.ts'
import { exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { atEndpoints } from '../at-endpoints.ts'
import { defineCommand } from '../define-command.ts'
import { exitCodeOfHosts, type PatternOptions, patternOptions } from '../pattern-command.ts'

interface Options extends PatternOptions {
  readonly into?: string
}

/** `lockstep results RESERVATION PATTERN`: what endpoints have kept of a test, also after whoever booked it was gone. */
export const results = defineCommand({
  configure(command, action) {
    patternOptions(
      command
        .argument('<reservation>', 'its id, or that of its group, as lockstep reservations has them')
        .argument('<pattern>', 'shared hosts of the inventory; without -i, addresses with commas'),
    )
      .option('--into <folder>', 'where the files are written; default results-RESERVATION')
      .action(
        action(async (io, name: string, pattern: string, options: Options) => {
          const folder = resolve(io.cwd, options.into ?? `results-${name}`)
          const outcomes = await atEndpoints(pattern, options, io, async session => {
            for (const { rid } of await ownNamed(session, name))
              for (const [of, kept] of await everythingOf(session, rid)) {
                const files = write(join(folder, of), kept)
                const { exit: status, started, startErrorNs } = kept.facts
                const told = { host: session.host, rid, of, exit: status, started, startErrorNs, files }
                io.stdout.write(options.json ? `${JSON.stringify(told)}\n` : inWords(told))
              }
          })
          return exitCodeOfHosts(outcomes, exit.ok)
        }),
      )
  },
})

/** Its own, by the host's name, and the copies that it has of the others' by theirs. */
async function everythingOf(session: BrokerSession, rid: string): Promise<readonly (readonly [string, KeptResult])[]> {
  const own = await fetchResult(session, rid)
  const copies = await fetchCopies(session, rid).catch(error => {
    // One that was alone has none.
    if (error instanceof LockstepError) return new Map<string, KeptResult | undefined>()
    throw error
  })
  const others = [...copies].flatMap(([name, kept]) =>
    kept === undefined ? [] : [[`${session.host}-has-of-${name}`, kept] as const],
  )
  return [[session.host, own], ...others]
}

function write(folder: string, { facts, files }: KeptResult): readonly string[] {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`)
  for (const [name, octets] of files) writeFileSync(join(folder, name), octets)
  return ['facts.json', ...files.keys()].map(name => join(folder, name))
}

const inWords = ({
  of,
  rid,
  exit: status,
  files,
}: {
  of: string
  rid: string
  exit: unknown
  files: readonly string[]
}) => `${of}: ${rid}: exit status ${status ?? 'none'}\n${files.map(file => `  ${file}\n`).join('')}`
