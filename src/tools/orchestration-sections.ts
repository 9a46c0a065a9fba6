import { didYouMean } from '../errors/suggest.ts'
import { type Line, orchestrationLines, type Say } from './orchestration-lines.ts'
import { slice, type Traced, trim } from './traced-text.ts'

const keys = ['host', 'port', 'exec'] as const
export type Key = (typeof keys)[number]

/** A section with its keys, the values not looked at yet. */
export interface Draft {
  readonly name: Traced
  /** Trimmed; empty where nothing stands behind the `=`. */
  readonly values: ReadonlyMap<Key, Traced>
}

/** The sections of an orchestration file, in its order. */
export function orchestrationSections(whole: Traced, error: Say, warn: Say): Draft[] {
  const drafts: OpenDraft[] = []
  for (const line of orchestrationLines(whole, error, warn)) {
    const section = drafts.at(-1)
    if (line.uncut) readUncutComment(line, section, error, warn)
    else if (line.content.text.startsWith('['))
      drafts.push({ name: sectionName(line.content, error), values: new Map() })
    else readKey(line.content, section, error, warn)
  }
  return drafts
}

interface OpenDraft extends Draft {
  readonly values: Map<Key, Traced>
}

/** isochron does not cut a comment with a quoted text in it; when the line is nothing else, it may pass as an unknown key. */
function readUncutComment({ content }: Line, section: Draft | undefined, error: Say, warn: Say): void {
  const passes = section !== undefined && content.text.includes('=')
  const say = passes ? warn : error
  say(content, 'a comment with a quoted text in it is not cut by isochron', 'leave out the quotes')
}

function sectionName(line: Traced, error: Say): Traced {
  const end = line.text.indexOf(']')
  if (end === -1) error(line, "the section is not closed with ']'")
  else if (end < line.text.length - 1) error(slice(line, end + 1), "nothing may stand behind the ']' of a section")
  return slice(line, 1, end === -1 ? undefined : end)
}

function readKey(line: Traced, section: OpenDraft | undefined, error: Say, warn: Say): void {
  const equals = line.text.indexOf('=')
  const key = trim(slice(line, 0, Math.max(equals, 0)))
  const known = keys.find(each => each === key.text)
  if (equals === -1) error(line, `expected [section] or KEY = VALUE, got '${line.text}'`)
  else if (section === undefined) error(key, `'${key.text}' stands before the first [section]`)
  else if (known === undefined)
    warn(key, `there is no key '${key.text}', isochron ignores it`, didYouMean(key.text, keys))
  else if (section.values.has(known)) error(key, `'${known}' is given twice in this section`)
  else section.values.set(known, trim(slice(line, equals + 1)))
}
