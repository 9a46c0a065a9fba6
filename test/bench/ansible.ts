import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { say } from '../fixtures/lab.ts'
import { timed } from './program.ts'

/**
 * The ms that ansible-playbook takes for these commands, tuned as its manual advises: pipelining, a fork per host, one
 * ssh connection per host, no facts, no search for Python. It connects anew each time, as every first run does.
 */
export async function playWithAnsible(
  lab: Lab,
  folder: string,
  commands: readonly (readonly string[])[],
): Promise<number> {
  const own = mkdtempSync(join(folder, 'ansible-'))
  const sockets = mkdtempSync(join(own, 'cp-'))
  writeFileSync(join(own, 'ansible.cfg'), settings(lab, own, sockets))
  const tasks = commands.map(argv => ({ 'ansible.builtin.command': { argv } }))
  writeFileSync(join(own, 'steps.yml'), JSON.stringify([{ hosts: 'all', gather_facts: false, tasks }]))
  const config = `ANSIBLE_CONFIG=${join(own, 'ansible.cfg')}`
  try {
    return await timed(['env', 'LC_ALL=C.UTF-8', config, 'ansible-playbook', '-i', lab.inventory, 'steps.yml'], own)
  } finally {
    // Its connections would stay for a minute.
    await Promise.all(
      readdirSync(sockets).map(name => say(['ssh', '-o', `ControlPath=${join(sockets, name)}`, '-O', 'exit', 'any'])),
    )
  }
}

const settings = (lab: Lab, folder: string, sockets: string) => `[defaults]
forks = ${lab.hosts.length}
interpreter_python = /usr/bin/python3
local_tmp = ${join(folder, 'tmp')}
retry_files_enabled = False

[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
control_path_dir = ${sockets}
`
