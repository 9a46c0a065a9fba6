import schema from '../../schemas/limits.schema.json' with { type: 'json' }
import { type Resource, usualCapacity } from '../book/claims.ts'
import type { Assignment, ClassRule, Grant, IdentityRule, KindRule, LimitName, Limits, Rules } from '../book/limits.ts'
import { refuse } from '../errors/error.ts'
import { schemaChecker } from '../source/check.ts'
import { parseDocument } from '../source/document.ts'
import { show } from '../source/expected.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, record, type SourceNode, textOf } from '../source/node.ts'
import { millis, moment, seconds } from '../units/micros.ts'
import { checkRules } from './check.ts'
import { countIn, durationIn, isTrue, limitReaders, names, netIn } from './values.ts'

const check = schemaChecker(schema, [])

/** Reads a limits file. Throws with everything that is wrong with it; who has loaded one before goes on with that. */
export function readLimits(file: string, text: string): Rules {
  const root = parseDocument(file, text)
  const findings = newFindings()
  for (const problem of check(root)) findings.add(problem)
  refuse(findings.all())
  const rules: Rules = {
    resources: mapped(root, 'resources', (_, node) => resourceIn(node, findings)),
    kinds: mapped(root, 'kinds', (_, node) => kindIn(node, findings)),
    identities: mapped(root, 'identities', (_, node) => identityIn(node)),
    classes: mapped(root, 'classes', (name, node) => classIn(name, node, findings)),
    assign: itemsOf(child(root, 'assign')).map(node => assignmentIn(node, findings)),
    grants: itemsOf(child(root, 'grants')).map(node => grantIn(node, findings)),
  }
  checkRules(root, rules, findings)
  refuse(findings.all())
  return rules
}

function mapped<T>(
  root: SourceNode,
  key: string,
  read: (name: string, node: SourceNode) => T,
): Readonly<Record<string, T>> {
  return record(entriesOf(child(root, key)).map(([name, { value }]) => [name, read(name, value)] as const))
}

function resourceIn(node: SourceNode, findings: Findings): Resource {
  const range = textOf(node)
  if (range === undefined) return { kind: 'shared', capacity: countIn(child(node, 'capacity')) ?? usualCapacity }
  const [first = 0, last = 0] = range.split('-').map(Number)
  if (first < 1 || last > 65_535 || first > last) bad(node, 'a range of ports from 1 to 65535', findings)
  return { kind: 'ports', first, last }
}

function kindIn(node: SourceNode, findings: Findings): KindRule {
  const time = (key: string, otherwise: KindRule['setup']) => {
    const found = child(node, key)
    return found === undefined
      ? otherwise
      : (durationIn(found) ?? bad(found, 'a duration of whole microseconds', findings) ?? otherwise)
  }
  const teardown = time('teardown', seconds(1))
  const written = child(node, 'teardown')
  // Between TERM and KILL lies a second.
  if (written !== undefined && teardown < seconds(1)) bad(written, 'at least 1s', findings)
  return {
    profiles: names(child(node, 'profiles')),
    claims: itemsOf(child(node, 'claims')).map(claim => ({
      resource: textOf(child(claim, 'resource')) ?? '',
      mode: (textOf(child(claim, 'mode')) ?? 'shared') as 'shared', // the schema knows the three
      amount: countIn(child(claim, 'amount')) ?? 1,
    })),
    ...{ setup: time('setup', millis(300)), overrun: time('overrun', millis(500)), teardown },
  }
}

const identityIn = (node: SourceNode): IdentityRule => ({
  ...{
    keys: names(child(node, 'keys')),
    principals: names(child(node, 'principals')),
    admin: isTrue(child(node, 'admin')),
  },
})

const classIn = (name: string, node: SourceNode, findings: Findings): ClassRule => ({
  ...{ name, parent: textOf(child(node, 'parent')), deny: isTrue(child(node, 'deny')), at: node.at },
  limits: limitsIn(child(node, 'limits'), findings),
})

function assignmentIn(node: SourceNode, findings: Findings): Assignment {
  const [identity, net] = [child(node, 'identity'), child(node, 'net')]
  if (identity === undefined && net === undefined && child(node, 'any') === undefined)
    bad(node, "'identity', 'net' or 'any: true'", findings)
  const read = net && (netIn(net) ?? bad(net, 'a network, such as 192.0.2.0/24', findings))
  return { identity: textOf(identity), net: read, class: textOf(child(node, 'class')) ?? '', at: node.at }
}

const grantIn = (node: SourceNode, findings: Findings): Grant => ({
  identity: textOf(child(node, 'identity')) ?? '',
  until: moment(timeIn(child(node, 'until'), findings) * 1_000),
  limits: limitsIn(child(node, 'limits'), findings),
  ...{ reason: textOf(child(node, 'reason')) ?? '', at: node.at },
})

/** In milliseconds. */
function timeIn(node: SourceNode | undefined, findings: Findings): number {
  const time = Date.parse(textOf(node) ?? '')
  if (Number.isNaN(time) && node !== undefined) bad(node, 'a time that there is', findings)
  return Number.isNaN(time) ? 0 : time
}

function limitsIn(node: SourceNode | undefined, findings: Findings): Limits {
  if (node === undefined) return {}
  const tz = child(node, 'tz')
  if (tz !== undefined && child(node, 'hours') === undefined) bad(tz, "'hours' beside it", findings)
  const read = entriesOf(node).flatMap(([name, { value }]) => {
    if (name === 'tz') return []
    const found = limitReaders[name as LimitName](value, node) // the schema has no other names
    if (found === undefined) bad(value, wanted[name] ?? 'another value', findings)
    return found === undefined ? [] : [[name, { value: found, at: value.at }] as const]
  })
  return record(read) as Limits
}

const wanted: Readonly<Record<string, string>> = {
  peers: 'networks, such as 192.0.2.0/24',
  hours: 'times of day such as 22:00-06:00, in a time zone such as Europe/Berlin',
  bandwidth: 'a whole number of bits per second',
  runs: 'a count per time above 0',
  busy: 'a time per time above 0',
}

/** Says what was expected; there is no value then. */
function bad(node: SourceNode, what: string, findings: Findings): undefined {
  findings.add({ code: 'SCHEMA_VALUE', message: `expected ${what}, got ${show(node)}`, at: node.at })
}
