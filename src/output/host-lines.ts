import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** Output of several hosts at once as lines, each with its host in front: `A  text`. */
export interface HostLines {
  /** The whole lines that a chunk completes. */
  add(chunk: Buffer): readonly string[]
  /** A last line without a newline. */
  end(): readonly string[]
}

/** The lines of one stream of one host; `width` is that of the longest name. */
export function hostLines(host: string, width: number): HostLines {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const shown = (line: string) => `${host.padEnd(width)}  ${safe(line)}`.trimEnd()
  return {
    add: chunk => {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      return lines.map(shown)
    },
    end: () => {
      const last = rest + decoder.end()
      rest = ''
      return last === '' ? [] : [shown(last)]
    },
  }
}

/** A stranger's text must not move the cursor of our terminal; tabs stay. */
const safe = (line: string) =>
  stripVTControlCharacters(line)
    .replace(/\r$/, '')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?')
