import { normalize } from 'node:path'
import { type Place, refuse } from '../errors/error.ts'
import { type Draft, type GroupDraft, type HostDraft, newDraft, settle } from './draft.ts'
import { byName, type Files } from './files.ts'
import type { InventoryGroup, InventoryHost, LoadedInventory } from './inventory.ts'
import { type Beside, groupsInOrder, historyIn, layersOf, mergedVars, newDepths } from './merge.ts'
import { hostsOf } from './order.ts'
import { localNames, newSelect } from './patterns.ts'
import type { ProgramOutput } from './programs.ts'
import { newReport, type Report } from './report.ts'
import { readSource } from './sources.ts'
import { foldersBeside, readVarsFiles } from './vars-files.ts'
import { decryptVault, type VaultPassword } from './vault.ts'

export interface LoadOptions {
  readonly files: Files
  /** The folder of the playbook: its group_vars/ and host_vars/ count too. */
  readonly playbookDir?: string | undefined
  /** Of Ansible Vault. */
  readonly passwords?: readonly VaultPassword[] | undefined
  /** What inventory scripts printed, by their path; without it they are refused. */
  readonly outputs?: ReadonlyMap<string, ProgramOutput> | undefined
  /** Where a source was named, if a file did. */
  readonly placeOf?: ((source: string) => Place | undefined) | undefined
}

/**
 * Reads every source (`-i`, in this order) into one inventory. Throws LockstepErrors with everything that is wrong with
 * any of them; a source that cannot be read whole stops the run.
 */
export function loadInventory(sources: readonly string[], options: LoadOptions): LoadedInventory {
  const { files, passwords = [], outputs = new Map(), placeOf = () => undefined } = options
  const report = newReport()
  const draft = newDraft()
  for (const source of sources) readSource(source, { draft, files, passwords, outputs, placeOf, report })
  refuse(report.problems)
  settle(draft, report)
  const beside = readBeside(sources, options, draft, report)
  refuse(report.problems)
  return finish(draft, beside, options, report.warnings)
}

function readBeside(
  sources: readonly string[],
  { files, playbookDir, passwords = [] }: LoadOptions,
  draft: Draft,
  report: Report,
): Beside {
  const names = { groups: [...draft.groups.keys()], hosts: new Set([...draft.hosts.keys(), ...localNames]) }
  const read = (folder: string) => readVarsFiles(folder, names, { files, passwords, report })
  const folders = new Map(foldersBeside(sources, files).map(folder => [normalize(folder), read(folder)]))
  const playbook = playbookDir === undefined ? undefined : (folders.get(normalize(playbookDir)) ?? read(playbookDir))
  return { sources: [...folders.values()], playbook }
}

function finish(
  draft: Draft,
  beside: Beside,
  { files, passwords = [] }: LoadOptions,
  warnings: readonly string[],
): LoadedInventory {
  const make = hostMaker(draft, beside)
  const hosts = new Map([...draft.hosts].map(([name, host]) => [name, make(host)]))
  const membersOf = (group: GroupDraft) => hostsOf(group).flatMap(({ name }) => hosts.get(name) ?? [])
  const groups = new Map([...draft.groups].map(([name, group]) => [name, membersOf(group)]))
  const implicitHost = (name: string) => make(implicitLocal(name))
  return {
    hosts: [...hosts.values()],
    groups,
    structure: new Map([...draft.groups].map(([name, group]) => [name, shapeOf(group)])),
    warnings,
    reveal: value => {
      if (passwords.length === 0) throw value.refusal()
      return decryptVault(value.text, passwords, value.at)
    },
    select: newSelect({ hosts, groups, implicitHost, readText: path => files.readText(path) }),
  }
}

const shapeOf = ({ hosts, children }: GroupDraft): InventoryGroup => ({
  hosts: [...hosts].map(({ name }) => name),
  children: [...children].map(({ name }) => name),
})

/** Variables are merged when they are first asked for: a run names few of many hosts. */
function hostMaker(draft: Draft, beside: Beside): (host: HostDraft) => InventoryHost {
  const depthOf = newDepths()
  const all = draft.groups.get('all') as GroupDraft // newDraft() made it
  return host => {
    const groups = groupsInOrder(host, depthOf)
    const layers = () => layersOf(host, all, groups, beside)
    let vars: InventoryHost['vars'] | undefined
    return {
      name: host.name,
      groupNames: groups.map(({ name }) => name).sort(byName),
      at: host.at,
      file: host.file,
      get vars() {
        vars ??= mergedVars(layers())
        return vars
      },
      historyOf: name => historyIn(layers(), name),
    }
  }
}

/** `localhost` where no source names it: local, in no group, but with what `all` says. */
function implicitLocal(name: string): HostDraft {
  const at = { file: name, line: 1, column: 1 }
  return {
    name,
    at,
    file: undefined,
    groups: new Set(),
    vars: new Map([['ansible_connection', { value: 'local', at }]]),
  }
}
