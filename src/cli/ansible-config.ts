import { accessSync, constants, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { refuse } from '../errors/error.ts'
import { type ConfigFile, readConfigFile } from '../inventory/config-file.ts'
import { newReport } from '../inventory/report.ts'
import { readSettings, type Settings } from '../inventory/settings.ts'
import { textOf } from '../inventory/sources.ts'
import { filesBelow } from './inventory-files.ts'
import type { Io } from './io.ts'

export interface FoundSettings extends Settings {
  readonly warnings: readonly string[]
}

/** Finds ansible.cfg as Ansible does and reads it, and the environment over it. Throws INVENTORY_CONFIG with places. */
export function findSettings({ env, cwd }: Pick<Io, 'env' | 'cwd'>): FoundSettings {
  const { file, warnings } = findConfig(env, cwd)
  const config = file === undefined ? (new Map() as ConfigFile) : read(file, cwd)
  const ground = { config, configDir: file === undefined ? '.' : dirname(file), env, cwd }
  return { ...readSettings(ground), warnings }
}

function read(file: string, cwd: string): ConfigFile {
  const report = newReport()
  const config = readConfigFile(file, textOf(file, filesBelow(cwd), report) ?? '', report)
  refuse(report.problems)
  return config
}

interface FoundConfig {
  readonly file: string | undefined
  readonly warnings: readonly string[]
}

/** The first that can be read: $ANSIBLE_CONFIG, ./ansible.cfg, ~/.ansible.cfg, /etc/ansible/ansible.cfg. */
function findConfig(env: Io['env'], cwd: string): FoundConfig {
  const warnings: string[] = []
  const named = env['ANSIBLE_CONFIG'] || undefined
  const inFolder = named !== undefined && isFolder(resolve(cwd, named)) ? join(named, 'ansible.cfg') : named
  if (inFolder !== undefined && canRead(resolve(cwd, inFolder))) return { file: inFolder, warnings }
  if (inFolder !== undefined) warnings.push(`ANSIBLE_CONFIG names ${named}, which cannot be read: it is passed over`)
  const here = resolve(cwd, 'ansible.cfg')
  if (canRead(here)) {
    if (!isWorldWritable(cwd)) return { file: relative(cwd, here), warnings }
    warnings.push(
      'ansible.cfg is passed over: everybody can write to this folder (ANSIBLE_CONFIG=ansible.cfg uses it nevertheless)',
    )
  }
  const home = env['HOME']
  const others = [...(home === undefined ? [] : [join(home, '.ansible.cfg')]), '/etc/ansible/ansible.cfg']
  return { file: others.find(canRead), warnings }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
const isWorldWritable = (path: string) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return !isFolder(path)
  } catch {
    return false
  }
}
