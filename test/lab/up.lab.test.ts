import { readFile } from 'node:fs/promises'
import * as assert from 'uvu/assert'
import { labStatus } from '../../src/lab/status.ts'
import { labUp } from '../../src/lab/up.ts'
import { freshName, labReason, say, sshTo, withLab } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab/up')
const reason = labReason()

test.unless(reason, 'every host answers to ssh under its own name, with a root and clocks of its own', () =>
  withLab({}, async lab => {
    const said = await Promise.all(
      lab.hosts.map(host => sshTo(lab, host.name, 'hostname; echo $HOME; ls -A /root /tmp /home')),
    )
    assert.equal(
      said.map(each => each.stdout),
      ['A', 'B', 'C'].map(name => `${name}\n/root\n/home:\n\n/root:\n.ssh\n\n/tmp:\n`),
    )
    const offsets: number[] = []
    for (const { name } of lab.hosts) {
      const { stdout } = await sshTo(lab, name, 'date +%s')
      offsets.push(Number(stdout) - Date.now() / 1000)
    }
    const [first = 0, second = 0, third = 0] = offsets.toSorted((a, b) => a - b)
    assert.ok(second - first > 1 && third - second > 1, `three hosts, three times: ${offsets}`)
  }),
)

test.unless(reason, 'a host has no file, process, device or address of the real machine to change', () =>
  withLab({ hosts: ['A'] }, async lab => {
    const command = [
      'echo lab >/etc/lockstep-lab-test && cat /etc/lockstep-lab-test',
      'ps -e -o comm= | sort -u | tr "\\n" " "; echo',
      'ls /sys/class/net | tr "\\n" " "; echo',
      'touch /sys/class/net/eth0/mtu 2>&1 | grep -o Read-only',
      'ls /dev | tr "\\n" " "; echo',
      'cat /etc/ssh/ssh_host_rsa_key /etc/ssh/ssh_host_ecdsa_key 2>/dev/null | wc -c',
    ].join('; ')
    const { stdout } = await sshTo(lab, 'A', command)
    const [file, processes, links, sys, devices, foreignKeys] = stdout.split('\n')
    assert.is(file, 'lab')
    assert.match(processes ?? '', /^bash lab-init ps sort sshd tr $/)
    assert.is(links, 'eth0 lo ')
    assert.is(sys, 'Read-only')
    assert.is(devices, 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero ')
    assert.is(foreignKeys, '0')
    assert.is((await say(['ls', '/etc/lockstep-lab-test'])).code, 2)
  }),
)

test.unless(reason, 'the umask and the terminal of whoever makes a lab have no part in it', async () => {
  const before = process.umask(0o077)
  try {
    await withLab({ hosts: ['A'] }, async lab => {
      const command =
        'umask; su -s /bin/sh nobody -c "date +%s; cat /etc/hostname"; date +%s; cut -d" " -f7 /proc/1/stat'
      const { stdout, stderr } = await sshTo(lab, 'A', command)
      const [umask, ofNobody, name, ofRoot, terminal] = stdout.split('\n')
      assert.equal([umask, name, terminal, stderr], ['0022', 'A', '0', ''])
      assert.ok(Math.abs(Number(ofNobody) - Number(ofRoot)) <= 1, 'nobody has the host’s time too')
    })
  } finally {
    process.umask(before)
  }
})

test.unless(reason, 'hosts reach each other by name, over the switch', () =>
  withLab({ hosts: ['A', 'B'] }, async lab => {
    const { stdout } = await sshTo(lab, 'A', 'exec 3<>/dev/tcp/B/22; head -c 8 <&3')
    assert.is(stdout, 'SSH-2.0-')
  }),
)

test.unless(reason, 'the inventory and known_hosts are all that ssh needs', () =>
  withLab({ hosts: ['A'] }, async lab => {
    const inventory = await readFile(lab.inventory, 'utf8')
    assert.match(inventory, /^A ansible_host=198\.1[89]\.\d+\.11$/m)
    const options = /ansible_ssh_common_args='(.*)'/.exec(inventory)?.[1]?.split(' ') ?? []
    const { stdout, stderr } = await say([
      ...['ssh', '-F', 'none', '-i', lab.key, ...options, '-o', 'BatchMode=yes'],
      ...[`root@${lab.hosts[0]?.address}`, 'hostname'],
    ])
    assert.equal([stdout, stderr], ['A\n', ''])
  }),
)

test.unless(reason, 'two labs stand side by side, and one of them may go', () =>
  withLab({ hosts: ['A'] }, async first => {
    await withLab({ hosts: ['A'] }, async second => {
      assert.is.not(first.hosts[0]?.address, second.hosts[0]?.address)
      for (const lab of [first, second]) assert.is((await sshTo(lab, 'A', 'hostname')).stdout, 'A\n')
    })
    assert.is((await sshTo(first, 'A', 'hostname')).stdout, 'A\n')
    assert.is((await labStatus(first.name)).ptp, 'running')
  }),
)

test.unless(reason, 'two labs made at the same moment get different networks', async () => {
  const labs = [0, 1].map(() =>
    withLab({ hosts: ['A'] }, async lab => ({ lab, said: await sshTo(lab, 'A', 'hostname') })),
  )
  const made = await Promise.all(labs)
  assert.is(new Set(made.map(({ lab }) => lab.controller)).size, 2)
  assert.equal(
    made.map(({ said }) => said.stdout),
    ['A\n', 'A\n'],
  )
})

test.unless(reason, 'a second lab of the same name is refused and the first stays', () =>
  withLab({ hosts: ['A'] }, async lab => {
    const again = labUp({ root: process.cwd(), name: lab.name, hosts: ['A'] })
    const error = await again.then(
      () => undefined,
      thrown => thrown,
    )
    assert.is(error?.code, 'LAB_EXISTS')
    assert.match(error?.hint, `lab down --name ${lab.name}`)
    assert.is((await sshTo(lab, 'A', 'hostname')).stdout, 'A\n')
  }),
)

test.unless(reason, 'every clock starts apart from the switch and from the other clock of its host', () =>
  withLab({ name: freshName() }, async lab => {
    const { hosts } = await labStatus(lab.name)
    for (const { systemOffset, power, link } of hosts) {
      assert.equal([power, link], ['on', 'up'])
      const apart = Math.abs(Number(systemOffset)) / 1e9
      assert.ok(apart > 1.9 && apart < 60.1, `${apart} s apart`)
    }
    assert.is(new Set(hosts.map(host => host.phcOffset)).size, 3)
  }),
)

test.run()
