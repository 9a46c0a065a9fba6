import {
  type ClassRule,
  type Grant,
  type LimitName,
  type Limits,
  limitKinds,
  limitNames,
  type Rules,
} from '../book/limits.ts'
import { isLooser } from '../book/looser.ts'
import type { Place, Problem } from '../errors/error.ts'
import { didYouMean } from '../errors/suggest.ts'
import type { Findings } from '../source/findings.ts'
import { child, itemsOf, type SourceNode, textOf } from '../source/node.ts'

/** What no schema can see: names that nothing declares, classes that make no tree, and whoever has more than what is above. */
export function checkRules(root: SourceNode, rules: Rules, findings: Findings): void {
  checkNames(root, rules, findings)
  checkTree(root, rules, findings)
  if (findings.all().length > 0) return
  for (const each of Object.values(rules.classes)) checkClass(each, rules, findings)
  const top = Object.values(rules.classes).find(isRoot)
  for (const grant of rules.grants) if (top !== undefined) checkGrant(grant, top, findings)
}

function checkNames(root: SourceNode, rules: Rules, findings: Findings): void {
  const declared = (node: SourceNode | undefined, what: string, known: Readonly<Record<string, unknown>>) => {
    const name = textOf(node)
    if (name === undefined || node === undefined || Object.hasOwn(known, name)) return
    const hint = didYouMean(name, Object.keys(known))
    findings.add({ code: 'LIMITS_NAME', message: `there is no ${what} '${name}' in this file`, hint, at: node.at })
  }
  for (const node of itemsOf(child(root, 'assign'))) {
    declared(child(node, 'identity'), 'identity', rules.identities)
    declared(child(node, 'class'), 'class', rules.classes)
  }
  for (const node of itemsOf(child(root, 'grants'))) declared(child(node, 'identity'), 'identity', rules.identities)
  for (const name of Object.keys(rules.classes)) {
    const node = child(child(root, 'classes'), name)
    declared(child(node, 'parent'), 'class', rules.classes)
    for (const kind of itemsOf(child(child(node, 'limits'), 'kinds'))) declared(kind, 'kind', rules.kinds)
  }
  for (const name of Object.keys(rules.kinds))
    for (const claim of itemsOf(child(child(child(root, 'kinds'), name), 'claims'))) {
      const resource = child(claim, 'resource')
      if (textOf(resource)?.includes('{interface}') === false) declared(resource, 'resource', rules.resources)
    }
}

/** A class without a parent is the root, or denies: it has nothing to inherit. */
const isRoot = ({ parent, deny }: ClassRule) => parent === undefined && !deny

function checkTree(root: SourceNode, { classes }: Rules, findings: Findings): void {
  const all = Object.values(classes)
  const [first, second] = all.filter(isRoot)
  const say = (at: Place, message: string, hint?: string) => findings.add({ code: 'LIMITS_CLASS', message, hint, at })
  if (second !== undefined && first !== undefined)
    say(
      second.at,
      `'${second.name}' has no parent, and '${first.name}' at ${placeText(first.at)} has none either`,
      'only one class is the root',
    )
  for (const each of all) {
    const seen = new Set<string>()
    let above: ClassRule | undefined = each
    while (above?.parent !== undefined && !seen.has(above.name)) {
      seen.add(above.name)
      above = classes[above.parent]
    }
    if (above !== undefined && seen.has(above.name))
      say(child(child(root, 'classes'), each.name)?.at ?? each.at, `'${each.name}' stands below itself`)
  }
}

function checkClass(own: ClassRule, { classes }: Rules, findings: Findings): void {
  for (const limit of limitNames) {
    const value = own.limits[limit]
    if (value === undefined) continue
    for (let above = parentOf(own, classes); above !== undefined; above = parentOf(above, classes)) {
      const problem = compared(limit, own.limits, above, `class '${own.name}'`)
      if (problem !== undefined) findings.add(problem)
      if (problem !== undefined || above.limits[limit] !== undefined) break
    }
  }
}

function checkGrant({ limits, identity }: Grant, top: ClassRule, findings: Findings): void {
  for (const limit of limitNames) {
    const problem = limits[limit] && compared(limit, limits, top, `the grant to '${identity}'`)
    if (problem !== undefined) findings.add(problem)
  }
}

/** Both places are named: the one that is too wide, and the one that it is wider than. */
function compared(limit: LimitName, own: Limits, above: ClassRule, who: string): Problem | undefined {
  const [value, bound] = [own[limit], above.limits[limit]]
  if (value === undefined || !looser(limit, value.value, bound?.value, isRoot(above))) return undefined
  const place = placeText(bound?.at ?? above.at)
  return {
    code: 'LIMITS_LOOSER',
    message: `${who} has more of '${limit}' than '${above.name}' above it, at ${place}`,
    hint:
      bound === undefined
        ? `'${above.name}' does not allow it: what is not mentioned there is false`
        : `narrow it here, or widen it at ${place}`,
    at: value.at,
  }
}

/** What is not mentioned bounds nothing, unless it has to be allowed and nobody up to the root does. */
function looser(limit: LimitName, value: unknown, bound: unknown, atRoot: boolean): boolean {
  if (bound === undefined) return atRoot && limitKinds[limit] === 'leave' && value === true
  return isLooser(limit, value as never, bound as never)
}

const parentOf = ({ parent }: ClassRule, classes: Rules['classes']) =>
  parent === undefined ? undefined : classes[parent]
const placeText = ({ file, line, column }: Place) => `${file}:${line}:${column}`
