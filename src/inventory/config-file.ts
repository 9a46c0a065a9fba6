import type { Place } from '../errors/error.ts'
import type { Report } from './report.ts'

/** A value of ansible.cfg, as written. */
export interface ConfigValue {
  readonly text: string
  readonly at: Place
}

/** Values by section and key; keys are in small letters. */
export type ConfigFile = ReadonlyMap<string, ReadonlyMap<string, ConfigValue>>

/** The value that counts: what a section does not say, `[DEFAULT]` says for it. */
export const valueIn = (config: ConfigFile, section: string, key: string): ConfigValue | undefined =>
  config.get(section)?.get(key) ?? config.get('DEFAULT')?.get(key)

/**
 * Reads ansible.cfg as Python's configparser does for Ansible: `=` or `:` between key and value, comments behind `#` and
 * `;` at the start of a line and behind ` ;` inside one, indented lines continue the value above, `%` means nothing, and
 * no section but `[DEFAULT]` and no key may come twice.
 */
export function readConfigFile(file: string, text: string, report: Report): ConfigFile {
  const reader = new ConfigReader(report)
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries())
    reader.line(line, { file, line: index + 1, column: 1 })
  return reader.sections
}

/** Lives for one file. */
class ConfigReader {
  readonly sections = new Map<string, Map<string, ConfigValue>>()
  readonly #report: Report
  #section: Map<string, ConfigValue> | undefined
  #sectionName = ''
  #key: string | undefined
  #indent = 0
  /** Since the last line that was read; inside a value they count. */
  #blankLines = 0

  constructor(report: Report) {
    this.#report = report
  }

  line(raw: string, start: Place): void {
    const line = withoutComment(raw)
    const text = line.trim()
    if (text === '') {
      // Lines with a comment only are not there at all.
      if (raw.trim() === '') this.#blankLines++
      return
    }
    const indent = line.search(/\S/)
    const at = { ...start, column: indent + 1 }
    const isContinued = this.#key !== undefined && indent > this.#indent
    if (isContinued) this.#continue(`${'\n'.repeat(this.#blankLines + 1)}${text}`)
    this.#blankLines = 0
    if (isContinued) return
    this.#indent = indent
    const header = /^\[(.+)\]/.exec(text)?.[1]
    if (header !== undefined) this.#open(header, at)
    else this.#entry(line, text, at)
  }

  #open(name: string, at: Place): void {
    if (this.sections.has(name) && name !== 'DEFAULT')
      this.#report.problem('INVENTORY_CONFIG', `the section [${name}] stands here a second time`, at)
    this.#section = this.sections.get(name) ?? new Map()
    this.#sectionName = name
    this.sections.set(name, this.#section)
    this.#key = undefined
  }

  #entry(line: string, text: string, at: Place): void {
    const [, written = '', value = ''] = /^(.*?)\s*[=:]\s*(.*)$/.exec(text) ?? []
    const key = written.toLowerCase()
    if (this.#section === undefined) {
      // One mistake: the lines below it have no section either.
      this.#report.problem('INVENTORY_CONFIG', `expected a section such as [defaults], got '${text}'`, at)
      this.#open('', at)
    } else if (key === '') {
      this.#report.problem('INVENTORY_CONFIG', `expected KEY = VALUE, got '${text}'`, at)
      this.#key = undefined
    } else {
      if (this.#section.has(key))
        this.#report.problem('INVENTORY_CONFIG', `'${key}' stands in [${this.#sectionName}] a second time`, at)
      const column = value === '' ? line.length : line.lastIndexOf(value) + 1
      this.#section.set(key, { text: value, at: { ...at, column } })
      this.#key = key
    }
  }

  #continue(text: string): void {
    const above = this.#section?.get(this.#key ?? '')
    if (above !== undefined) this.#section?.set(this.#key ?? '', { ...above, text: above.text + text })
  }
}

function withoutComment(line: string): string {
  if (/^\s*[#;]/.test(line)) return ''
  const comment = line.search(/(?<=\s);/)
  return comment < 0 ? line : line.slice(0, comment)
}
