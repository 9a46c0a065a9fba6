import { createHash } from 'node:crypto'
import { LockstepError } from '../errors/error.ts'

/** As many hosts as one /24 has addresses left for, from .11 upwards. */
export const mostHosts = 244

const labName = /^[a-z0-9][a-z0-9-]{0,39}$/
const hostName = /^[A-Za-z][A-Za-z0-9-]{0,31}$/
/** Words with a meaning of their own in an inventory. */
const reserved = ['all', 'lab', 'localhost', 'ungrouped']

/** A lab's name becomes a folder and part of a link's name. */
export function checkLabName(name: string): string {
  if (labName.test(name)) return name
  throw new LockstepError('USAGE_VALUE', `'${name}' cannot name a lab`, {
    hint: 'small letters, digits and hyphens, at most 40, a hyphen not first',
  })
}

/** `A,B,C` are names; a bare number N means n1 to nN. */
export function hostNames(text: string): readonly string[] {
  if (/^\d+$/.test(text)) return checkHostNames(numbered(Number(text)))
  return checkHostNames(text.split(',').map(name => name.trim()))
}

/** Names become hostnames, folders and inventory entries. */
export function checkHostNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new LockstepError('USAGE_VALUE', 'a lab has at least one host')
  if (names.length > mostHosts) throw new LockstepError('USAGE_VALUE', `a lab has at most ${mostHosts} hosts`)
  for (const [i, name] of names.entries()) {
    if (!hostName.test(name) || reserved.includes(name))
      throw new LockstepError('USAGE_VALUE', `'${name}' cannot name a host`, {
        hint: `letters, digits and hyphens, at most 32, a letter first; not ${reserved.join(', ')}`,
      })
    if (names.indexOf(name) !== i) throw new LockstepError('USAGE_VALUE', `there are two hosts named '${name}'`)
  }
  return names
}

/** The controller's end of the lab's network. Linux allows 15 characters, so a long name becomes a hash. */
export const controllerLink = (lab: string) => (lab.length <= 12 ? `ll-${lab}` : `ll.${digest(lab).slice(0, 12)}`)

/** Hexadecimal, stable: the same lab has the same MAC addresses and clocks each time. */
export const digest = (...words: readonly string[]) => createHash('sha256').update(words.join('\0')).digest('hex')

// A number far too large must not become an array first.
const numbered = (count: number) => Array.from({ length: Math.min(count, mostHosts + 1) }, (_, i) => `n${i + 1}`)
