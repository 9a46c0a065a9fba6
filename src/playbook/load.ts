import { refuse } from '../errors/error.ts'
import type { Inventory, InventoryVariable } from '../inventory/inventory.ts'
import { magicVars } from '../inventory/magic.ts'
import { parseDocument } from '../source/document.ts'
import { type Evaluator, evaluator, type Variables } from '../source/expressions.ts'
import { type Findings, newFindings } from '../source/findings.ts'
import { child, entriesOf, itemsOf, type SourceNode, textOf, type Value } from '../source/node.ts'
import { ns } from '../units/quantity.ts'
import { type CaptureDraft, readCaptures, settleCaptures } from './capture.ts'
import { checkPlaybook } from './check-playbook.ts'
import { type ExpectationGround, readExpectations } from './expectations.ts'
import { type FlowsGround, ownExpectations, type ReadFlows, readFlows } from './flows.ts'
import { limitAt } from './gate.ts'
import { type HostEntry, readHosts } from './hosts.ts'
import { readMesh } from './mesh-form.ts'
import { type ComparedTo, partsOfExpect, readOverall } from './overall.ts'
import type { Flow, Gate, Play, SyncSetup } from './play.ts'
import { type HostScope, readPlayHosts } from './play-hosts.ts'
import { readAttempts, readReport } from './play-settings.ts'
import { byFlow, learntNames, type PlaySteps, readPlaySteps, writeSteps } from './play-steps.ts'
import { readReserve } from './reserve.ts'
import { resolvedDocument } from './resolved.ts'
import { noFiles, type PlayFiles } from './step-files.ts'
import { stepHosts } from './step-hosts.ts'
import type { StepLanguage } from './step-kind.ts'
import { gateOnly, readSync } from './sync.ts'
import type { ToolDescription } from './tool-description.ts'
import { hostVariables, playVariables, type SharedVariables } from './variables.ts'
import { readVarsFiles } from './vars-files.ts'
import type { WrittenStep } from './written-steps.ts'

export interface PlayInput {
  /** Path as the user gave it; errors name it. */
  readonly file: string
  readonly text: string
  readonly inventory?: Inventory | undefined
  /** `--bind`: name in the playbook → name in the inventory. */
  readonly binds: ReadonlyMap<string, string>
  /** `--limit`: of the hosts that patterns select, only these. */
  readonly limit?: string | undefined
  /** `-e`, the highest level of variables. */
  readonly extraVars?: ReadonlyMap<string, Value> | undefined
  /** Connection variables below all others: what ansible.cfg says. */
  readonly defaults?: ReadonlyMap<string, InventoryVariable> | undefined
  /** For `lookup('env', NAME)`, and HOME for `~` in key files. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tools: readonly ToolDescription[]
  /** The steps that may stand in it; left out: none. */
  readonly steps?: StepLanguage | undefined
  /** The files that it may name: included steps, variables, templates, what is pushed. */
  readonly files?: PlayFiles | undefined
}

const noSteps: StepLanguage = { kinds: [], facts: [] }

/**
 * From the text of a playbook to what is to happen. Pure: what it reads, it reads through `files`. Throws LockstepErrors with
 * everything that is wrong with the file, in the file's order, at most one finding per mistake.
 */
export function loadPlay(input: PlayInput): Play {
  const findings = newFindings()
  const play = playOf(parseDocument(input.file, input.text), input, findings)
  refuse(findings.all())
  return play
}

/** The play of a document; it is whole only when nothing was found. */
export function playOf(document: SourceNode, input: PlayInput, findings: Findings): Play {
  for (const problem of checkPlaybook(document)) findings.add(problem)
  const { play, written } = readPlay(document, input, findings)
  return { ...play, resolved: findings.all().length > 0 ? undefined : resolvedDocument(play, input.tools, written) }
}

/** Reads what can be read; it is whole only when there are no findings. */
function readPlay(
  document: SourceNode,
  input: PlayInput,
  findings: Findings,
): { readonly play: Omit<Play, 'resolved'>; readonly written: PlaySteps<WrittenStep> } {
  const { files = noFiles, steps: language = noSteps } = input
  const learnt: string[] = []
  const shared = sharedVariables(document, input, learnt, findings)
  const written = writeSteps(document, { file: input.file, shared, files, language, findings })
  learnt.push(...learntNames(written))
  const evaluate = evaluator(playVariables(shared), findings)
  const { inventory, binds, limit, file } = input
  const entries = readHosts(child(document, 'hosts'), { inventory, binds, limit, evaluate, findings, file })
  const scopeOf = scopes(entries, shared, findings)
  const evaluateFor = (host: string) => scopeOf(host).evaluate
  const onHosts = stepHosts(entries, inventory?.groups ?? new Map())
  const sync = readSync(child(document, 'sync'), { hosts: onHosts, evaluate, findings })
  const hostNames = entries.map(({ name }) => name)
  const withoutSync = textOf(child(document, 'sync')) === 'none'
  const gateLimit = limitsOf(sync?.gate, document, withoutSync)
  const hosts = child(document, 'hosts')
  const hostsWhole = hosts?.kind === 'mapping' || (hosts !== undefined && !findings.within(hosts))
  const ground = {
    ...{ document, tools: input.tools, hostNames, hostsWhole, evaluate, findings, evaluateFor },
    ...{ gateLimit, withoutSync },
  }
  const read = readFlows(ground)
  const variablesWhole = !entriesOf(document).some(([name, { key, value }]) =>
    findings.at(name === 'vars' ? value.at : key),
  )
  const hasTraffic = ['flows', 'senders', 'mesh'].some(section => child(document, section) !== undefined)
  const captureGround = { hosts: onHosts, evaluate, evaluateFor, findings, hasTraffic }
  const drafts = readCaptures(child(document, 'capture'), captureGround)
  const reserve = readReserve(document, { hasTraffic, evaluate, findings })
  const using = new Set(
    // An endpoint knows itself by which interface it tests.
    reserve?.what === 'flows'
      ? []
      : child(document, 'sync') === undefined || withoutSync
        ? [...read.drafts.flatMap(({ from, to }) => [from, to]), ...drafts.flatMap(ownInterface)]
        : hostNames,
  )
  const world = { shared, scopeOf, hostNames }
  const stepsGround = { world, files, language, findings, hosts: onHosts }
  const steps = byFlow(readPlaySteps(written, read.drafts, stepsGround), read.drafts)
  const playHosts = readPlayHosts(entries, { scopeOf, using, variablesWhole, home: input.env['HOME'], findings })
  const play = {
    file,
    name: readName(child(document, 'name'), file, evaluate),
    hosts: playHosts,
    sync: sync ?? gateOf(read.flows),
    withoutSync,
    flows: read.flows.map(flow => ({ ...flow, ...steps.flows.get(flow.name) })),
    mesh: readMesh(read.flows, ground, onHosts),
    reserve,
    captures: settleCaptures(drafts, playHosts, findings),
    setup: steps.setup,
    after: steps.after,
    ...readExpects(document, read, { file, evaluate, findings }),
    attempts: readAttempts(child(document, 'attempts'), evaluate, findings),
    report: readReport(child(document, 'report')),
  }
  return { play, written: byFlow(written, read.drafts) }
}

/** The host of a capture at the host's own interface. */
const ownInterface = (draft: CaptureDraft) => (draft.interface === undefined ? [draft.host] : [])

/** `learnt` is filled once the steps are read: until then nobody asks. */
export function sharedVariables(
  document: SourceNode,
  {
    inventory,
    extraVars,
    defaults,
    env,
    file,
    files = noFiles,
  }: Pick<PlayInput, 'inventory' | 'extraVars' | 'defaults' | 'env' | 'file' | 'files'>,
  learnt: readonly string[],
  findings: Findings,
): SharedVariables {
  const playbookDir = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) || '/' : '.'
  const vars = child(document, 'vars')
  const shared: SharedVariables = {
    playbook: vars === undefined ? [] : [vars],
    secrets: new Set(itemsOf(child(document, 'secrets')).flatMap(node => textOf(node) ?? [])),
    extra: extraVars ?? new Map(),
    inventory,
    defaults: defaults ?? new Map(),
    magic: inventory && magicVars(inventory, { playbookDir }),
    playbookDir,
    environment: name => env[name],
    learnt,
    unavailable: name => outsideOfSteps(name, learnt),
  }
  const evaluate = evaluator(playVariables(shared), findings)
  const more = readVarsFiles(child(document, 'vars_files'), { file, files, evaluate, findings })
  return { ...shared, playbook: [...shared.playbook, ...more] }
}

/** What steps know is not known where there is no step. */
function outsideOfSteps(name: string, learnt: readonly string[]): string | undefined {
  if (learnt.includes(name))
    return 'is the result of a step: it is known in steps only, for this is read before the first one'
  return ['facts', 'failed', 'result'].includes(name) ? 'is known in steps only' : undefined
}

/** The variables of each host, made when they are first wanted. */
export function scopes(entries: readonly HostEntry[], shared: SharedVariables, findings: Findings) {
  const made = new Map<string, HostScope>()
  return (name: string): HostScope => {
    const known = made.get(name)
    if (known !== undefined) return known
    const entry = entries.find(each => each.name === name)
    const own = { name, inventoryHost: entry?.inventoryHost, entry: entry?.vars }
    const scopeWith = (variables: Variables) => ({ variables, evaluate: evaluator(variables, findings) })
    const opened = () => scopeWith(hostVariables(shared, { ...own, secrets: 'opened' }))
    const scope = { ...scopeWith(hostVariables(shared, own)), opened }
    made.set(name, scope)
    return scope
  }
}

/** A gate that is there and wrong has been found already; its flows shall not be told that they lack one. */
function limitsOf(gate: Gate | undefined, document: SourceNode, withoutSync: boolean): FlowsGround['gateLimit'] {
  if (gate !== undefined) return host => limitAt(gate, host)
  return child(document, 'sync') === undefined || withoutSync ? undefined : () => ns(1n)
}

/** Flows may bring limits without a section `sync`: then the gate is as strict as the strictest of them. */
function gateOf(flows: readonly Flow[]): SyncSetup | undefined {
  const limits = flows.flatMap(({ sender, at }) => {
    const limit = sender['sync-threshold']
    return typeof limit === 'bigint' ? [{ limit, at }] : []
  })
  const [strictest] = limits.sort((a, b) => Number(a.limit - b.limit))
  return strictest && gateOnly(ns(strictest.limit), strictest.at)
}

/** Without a name a test is called after its file. */
function readName(node: SourceNode | undefined, file: string, evaluate: Evaluator): string {
  const name = node === undefined ? undefined : textOf(evaluate.tree(node))
  return name ?? (file.split('/').at(-1) ?? file).replace(/\.ya?ml$/, '')
}

function readExpects(
  document: SourceNode,
  read: ReadFlows,
  { file, evaluate, findings }: { readonly file: string; readonly evaluate: Evaluator; readonly findings: Findings },
): Pick<Play, 'expect' | 'valid' | 'overall'> {
  const tools = new Map(read.drafts.map(draft => [draft.name, draft.tools]))
  const ground: ExpectationGround = {
    flowNames: flowNames(document, read),
    flows: read.flows,
    // What a definition that cannot be read has for figures, nobody knows.
    toolsOf: flow => (tools.get(flow) ?? []).filter(({ definedBy }) => definedBy === undefined),
  }
  const mesh = child(document, 'mesh')
  // Which flows a mesh has that cannot be read, nobody knows: no line about them is a mistake of its own.
  if (mesh !== undefined && read.flows.length === 0 && findings.within(mesh))
    return { expect: [], valid: [], overall: { lines: [], comparedTo: undefined } }
  const evaluated = (key: 'expect' | 'valid') => {
    const common = child(document, key)
    return common && !findings.at(common.at) ? evaluate.tree(common) : undefined
  }
  const common = partsOfExpect(evaluated('expect'), ground.flowNames)
  const own = ownExpectations(read.drafts).map(([flow, node]) => {
    const { single, overall } = partsOfExpect(evaluate.tree(node), [], flow)
    return { overall, lines: readExpectations(single, ground, findings, flow) }
  })
  const lines = [...common.overall, ...own.flatMap(({ overall }) => overall)]
  return {
    expect: [...readExpectations(common.single, ground, findings), ...own.flatMap(each => each.lines)],
    valid: readExpectations(evaluated('valid'), ground, findings),
    overall: readOverall(
      lines,
      readComparedTo(child(document, 'compared_to'), file, evaluate, findings),
      ground,
      findings,
    ),
  }
}

function readComparedTo(
  node: SourceNode | undefined,
  file: string,
  evaluate: Evaluator,
  findings: Findings,
): ComparedTo | undefined {
  const folder = node === undefined || findings.within(node) ? undefined : textOf(evaluate.tree(node))
  if (node === undefined || folder === undefined) return undefined
  const playbookFolder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : ''
  return { folder: folder.startsWith('/') ? folder : `${playbookFolder}${folder}`, at: node.at }
}

/** Flows that could not be read have names too: an expectation of theirs is no second mistake. */
function flowNames(document: SourceNode, { drafts }: ReadFlows): string[] {
  const section = child(document, 'flows')
  const several = new Set(drafts.filter(({ entry, name }) => entry !== name).map(({ entry }) => entry))
  const written = entriesOf(section).flatMap(([name]) => (several.has(name) ? [] : [name]))
  const senders = child(document, 'senders')
  const receivers = child(document, 'receivers')
  const long = [senders, receivers].flatMap(node => (node?.kind === 'mapping' ? [...node.entries.values()] : []))
  const named = long.flatMap(({ value }) => itemsOf(value).flatMap(each => textOf(child(each, 'name')) ?? []))
  return [...new Set([...written, ...named, ...drafts.map(({ name }) => name)])]
}
