import { writeFile } from 'node:fs/promises'
import type { LabPaths } from './folder.ts'
import type { LabPlan } from './plan.ts'
import type { SshKey } from './ssh-key.ts'

/** What somebody who logs in to the hosts needs: key, known_hosts, an inventory, and an ssh configuration. */
export async function writeLoginFiles(
  plan: LabPlan,
  paths: LabPaths,
  key: SshKey,
  hostKeys: readonly SshKey[],
): Promise<void> {
  const files = [
    [paths.key, key.privateFile],
    [paths.knownHosts, knownHosts(plan, hostKeys)],
    [paths.inventory, inventory(plan, paths)],
    [paths.sshConfig, sshConfig(plan, paths)],
  ] as const
  await Promise.all(files.map(([path, text]) => writeFile(path, text, { mode: 0o600 })))
}

const knownHosts = (plan: LabPlan, keys: readonly SshKey[]) =>
  plan.hosts.map((host, i) => `${host.address} ${keys[i]?.publicLine}\n`).join('')

/** Read by Lockstep and by Ansible. */
export const inventory = (plan: LabPlan, paths: LabPaths) => `# Written by lockstep lab up.
[lab]
${plan.hosts.map(host => `${host.name} ansible_host=${host.address}`).join('\n')}

[lab:vars]
ansible_user=root
ansible_ssh_private_key_file=${paths.key}
ansible_ssh_common_args='-o UserKnownHostsFile=${paths.knownHosts} -o IdentitiesOnly=yes'
interface=eth0
`

/** For `ssh -F`: a host by its name in the lab, whatever the user's own configuration says. */
export const sshConfig = (plan: LabPlan, paths: LabPaths) => `# Written by lockstep lab up.
${plan.hosts.map(host => `Host ${host.name}\n  HostName ${host.address}\n`).join('')}
Host *
  User root
  IdentityFile ${paths.key}
  IdentitiesOnly yes
  UserKnownHostsFile ${paths.knownHosts}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  ConnectTimeout 5
`
