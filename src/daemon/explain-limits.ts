import { readFile } from 'node:fs/promises'
import { type Check, classOf, isDenied, quotaLevels, staticChecks } from '../book/judge.ts'
import type { Rules } from '../book/limits.ts'
import { LockstepError } from '../errors/error.ts'
import { type LimitsCase, readCases } from '../limits/examples.ts'
import { type Moment, millis, moment } from '../units/micros.ts'
import { readRules } from './rules-file.ts'
import { askAt, isReason, wanted } from './wish.ts'

/** The file of examples beside a limits file: `limits.yml` has `limits.examples.yml`. */
export const examplesOf = (limits: string): string => limits.replace(/(\.ya?ml)?$/, '.examples.yml')

/** What the limits say to what the file of `spec` asks for: every check with its value and the line that it comes from. */
export async function explainLimits(limits: string, spec: string, as: string | undefined): Promise<string> {
  const rules = await readRules(limits)
  const cases = readCases(spec, await textOf(spec))
  return cases.map(each => explained(rules, as === undefined ? each : { ...each, identity: as })).join('\n')
}

/** Whether every example is allowed, or refused, as it says. */
export async function testLimits(limits: string, examples: string): Promise<{ text: string; failed: number }> {
  const rules = await readRules(limits)
  const cases = readCases(examples, await textOf(examples))
  const lines = cases.map(each => {
    const expected = each.expect ?? 'allowed'
    const got = verdictOf(rules, each)
    const line = `${each.at.line}: ${each.identity}, ${each.test.kind}`
    return got === expected
      ? { line: `ok    ${line}: ${got}`, failed: 0 }
      : { line: `FAIL  ${line}: ${got}, expected ${expected}`, failed: 1 }
  })
  return {
    text: lines.map(({ line }) => `${line}\n`).join(''),
    failed: lines.reduce((sum, each) => sum + each.failed, 0),
  }
}

const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(cause => {
    throw new LockstepError('USAGE_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  })

/** At this moment, with a clock that is right to a millisecond. */
function judged(rules: Rules, { identity, address, test, duration, peerClockError }: LimitsCase, now: Moment) {
  const asker = { identity, address }
  const own = classOf(rules, asker)
  if (own === undefined || isDenied(rules, own)) return { own, refusal: 'CLASS_DENIED', checks: [] }
  const peers = [
    { endpoint: 'peer', address: test.role === 'sender' ? test.to : test.from, clockError: peerClockError },
  ]
  const site = {
    ...{ rules, clock: { bound: millis(1), source: 'chrony' as const } },
    addressesOf: () => [test.from, test.to],
  }
  const want = wanted({ spec: test, duration, peers }, site)
  if (isReason(want)) return { own, refusal: `${want.code} ${Object.values(want.data).join(' ')}`.trim(), checks: [] }
  return { own, refusal: undefined, checks: staticChecks(rules, asker, own, askAt(want, now), now), asker }
}

function verdictOf(rules: Rules, each: LimitsCase): string {
  const { refusal, checks } = judged(rules, each, nowUs())
  if (refusal !== undefined) return refusal
  const failed = checks.find(({ met }) => !met)
  return failed === undefined ? 'allowed' : `LIMIT ${failed.limit}`
}

function explained(rules: Rules, each: LimitsCase): string {
  const now = nowUs()
  const { own, refusal, checks, asker } = judged(rules, each, now)
  const whose =
    own === undefined
      ? `nothing assigns ${each.identity} to a class`
      : `${each.identity} is in class ${own.name}, ${placeOf(own.at)}`
  const lines = checks.map(checkLine)
  const quotas =
    own === undefined || asker === undefined
      ? []
      : quotaLevels(rules, asker, own, now).flatMap(({ class: name, quotas: found }) =>
          Object.entries(found).map(
            ([quota, value]) => `      ${quota}: at most ${inWords(value)}, by ${name}, as the book then stands`,
          ),
        )
  return [whose, ...lines, ...quotas, refusal ?? verdictOf(rules, each), ''].join('\n')
}

const checkLine = ({ limit, asked, allowed, class: name, at, byGrant, met }: Check): string =>
  `${met ? 'ok  ' : 'FAIL'}  ${limit}: asked ${inWords(asked)}, allowed ${inWords(allowed)}, by ${byGrant ? 'a grant' : name}, ${placeOf(at)}`

const placeOf = ({ file, line, column }: Check['at']) => `${file}:${line}:${column}`
const nowUs = () => moment(Date.now() * 1_000)

function inWords(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === Number.POSITIVE_INFINITY) return 'no bound'
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
}
