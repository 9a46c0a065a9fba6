import { StringDecoder } from 'node:string_decoder'
import type { Emit } from '../events.ts'
import type { MaskedStream, Masker } from '../masker.ts'
import type { RunFolder } from '../run-folder.ts'
import type { NumberedStep } from './numbered.ts'

type Stream = 'stdout' | 'stderr'

/** Where the output of one task at one host goes: the run folder as it is, events line by line; masked in both. */
export interface StepOutput {
  add(stream: Stream, chunk: Buffer): void
  /** Of one try: what is held back comes out. */
  end(): void
}

/** Nothing of a secret step goes anywhere. */
export const noOutput: StepOutput = { add: () => undefined, end: () => undefined }

/** So many lines go into one event at most, and so many characters into one line: a longer one comes in pieces. */
const linesPerEvent = 100
const mostOfLine = 1 << 16
/** So many characters of a stream are told in events; the run folder has it all. */
const mostTold = 1 << 20

export interface OutputGround {
  readonly emit: Emit
  readonly folder: RunFolder
  readonly masker: Masker
}

export function stepOutput(
  { step, number, folder: stepFolder }: NumberedStep,
  at: { readonly host: string; readonly item?: string },
  { emit, folder, masker }: OutputGround,
): StepOutput {
  if (step.secret) return noOutput
  const streams = new Map<Stream, { masked: MaskedStream; decoder: StringDecoder; rest: string; told: number }>()
  const write = (stream: Stream, bytes: Buffer, last: boolean) => {
    const open = streams.get(stream)
    if (open === undefined) return
    if (bytes.length > 0) folder.append(`${stepFolder}/${at.host}.${stream}`, bytes)
    const lines = (open.rest + open.decoder.write(bytes) + (last ? open.decoder.end() : '')).split('\n')
    open.rest = lines.pop() ?? ''
    if (open.rest.length > mostOfLine || (last && open.rest !== '')) {
      lines.push(open.rest)
      open.rest = ''
    }
    if (open.told > mostTold) return
    open.told += lines.reduce((sum, line) => sum + line.length + 1, 0)
    if (open.told > mostTold) lines.push(`… more than ${mostTold} characters: the rest is in the run folder`)
    for (let from = 0; from < lines.length; from += linesPerEvent)
      emit({ kind: 'step_output', step: number, ...at, stream, lines: lines.slice(from, from + linesPerEvent) })
  }
  return {
    add: (stream, chunk) => {
      const open = streams.get(stream) ?? {
        masked: masker.stream(),
        decoder: new StringDecoder('utf8'),
        rest: '',
        told: 0,
      }
      streams.set(stream, open)
      write(stream, open.masked.push(chunk), false)
    },
    end: () => {
      for (const [stream, { masked }] of streams) write(stream, masked.end(), true)
      streams.clear()
    },
  }
}
