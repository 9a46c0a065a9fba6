// Gives a fresh Debian 12 what the two commands need: Debian packages, npm packages. Safe to run again; says what it does first.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'

/** Debian package by the program or file that shows that it is there. */
const packages = {
  lab: {
    'openssh-server': '/usr/sbin/sshd',
    'openssh-client': '/usr/bin/ssh',
    linuxptp: '/usr/sbin/ptp4l',
    isochron: '/usr/bin/isochron',
    iperf3: '/usr/bin/iperf3',
    iproute2: '/usr/sbin/ip|/sbin/ip|/bin/ip',
    ethtool: '/usr/sbin/ethtool|/sbin/ethtool',
    gcc: '/usr/bin/gcc',
    'libc6-dev': '/usr/include/stdio.h',
  },
  // perlbug stands for the whole of perl: the base system has only a part of it.
  test: {
    tmux: '/usr/bin/tmux',
    perl: '/usr/bin/perlbug',
    busybox: '/usr/bin/busybox|/bin/busybox',
    sudo: '/usr/bin/sudo',
    iperf: '/usr/bin/iperf',
    nuttcp: '/usr/bin/nuttcp',
    'iputils-ping': '/usr/bin/ping|/bin/ping',
    'iputils-tracepath': '/usr/bin/tracepath',
    traceroute: '/usr/sbin/traceroute|/usr/bin/traceroute',
    tcpdump: '/usr/bin/tcpdump',
  },
  // What inventories are compared with.
  oracle: { 'ansible-core': '/usr/bin/ansible-inventory' },
}

/** Its package would take the place of the machine's own time service, so it is only unpacked: `usr/sbin/chronyd` and so on. */
export const unpackedChrony = 'node_modules/.cache/debian/chrony'

/** @param {('lab' | 'test' | 'oracle')[]} needs */
export async function prepare(needs) {
  refuseOldNode()
  if (needs.length > 0 && !labImpossible()) installDebianPackages(needs)
  installNpmPackages()
  if (needs.includes('test') && !labImpossible()) unpackDebianPackage('chrony', unpackedChrony)
}

/** Why no lab can be made here, or undefined. */
export function labImpossible() {
  if (process.platform !== 'linux') return `this is ${process.platform}: the lab needs Linux`
  if (process.getuid?.() !== 0) return 'the lab makes network namespaces: run this as root'
  return undefined
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  stop(`Node ${process.versions.node} is too old: Lockstep needs 20.19 or newer`)
}

function installDebianPackages(needs) {
  const missing = needs
    .flatMap(need => Object.entries(packages[need]))
    .filter(([, paths]) => !paths.split('|').some(existsSync))
    .map(([name]) => name)
  if (missing.length === 0) return
  if (!existsSync('/usr/bin/apt-get'))
    stop(`these programs are missing, and this is no Debian to install them on: ${missing.join(', ')}`)
  console.log(`installing Debian packages: ${missing.join(' ')} (no service is started)`)
  withoutServices(() => {
    const install = () =>
      run('apt-get', [...patiently, 'install', '-y', '-q', '--no-install-recommends', ...missing], {
        DEBIAN_FRONTEND: 'noninteractive',
      })
    // The package lists of a fresh machine are empty or old: fetch them only when the install needs it.
    if (install().status === 0) return
    const update = run('apt-get', [...patiently, 'update', '-q'])
    const again = update.status === 0 ? install() : update
    if (again.status !== 0) stop(`cannot install the Debian packages (no network?):\n${again.stdout}${again.stderr}`)
  })
}

function unpackDebianPackage(name, folder) {
  if (existsSync(folder)) return
  console.log(`unpacking the Debian package ${name} into ${folder} (it is not installed)`)
  const parts = `${folder}.part`
  rmSync(parts, { recursive: true, force: true })
  mkdirSync(parts, { recursive: true })
  const download = () => run('apt-get', [...patiently, 'download', '-q', name], {}, parts)
  const fetched = download().status === 0 || (run('apt-get', [...patiently, 'update', '-q']).status === 0 && download())
  const [file] = readdirSync(parts)
  if (!fetched || file === undefined) stop(`cannot download the Debian package ${name} (no network?)`)
  const { status, stderr } = run('dpkg-deb', ['-x', file, '.'], {}, parts)
  if (status !== 0) stop(`cannot unpack ${file}:\n${stderr}`)
  rmSync(`${parts}/${file}`)
  renameSync(parts, folder)
}

/** A machine that has just been started often updates itself: wait for it. */
const patiently = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3']

const ours = '#!/bin/sh\n# No service starts while Lockstep installs packages.\nexit 101\n'

/**
 * invoke-rc.d asks policy-rc.d; 101 forbids every start. Somebody's own policy comes back afterwards, also after Ctrl-C:
 * a signal that is listened to waits until the installation has ended, which the same Ctrl-C ends.
 */
function withoutServices(body) {
  const policy = '/usr/sbin/policy-rc.d'
  const saved = `${policy}.lockstep-saved`
  if (existsSync(policy) && readFileSync(policy, 'utf8') !== ours) renameSync(policy, saved)
  writeFileSync(policy, ours)
  chmodSync(policy, 0o755)
  const restore = () => (existsSync(saved) ? renameSync(saved, policy) : rmSync(policy, { force: true }))
  const wait = () => {}
  process.once('exit', restore)
  for (const signal of signals) process.on(signal, wait)
  body()
  for (const signal of signals) process.off(signal, wait)
  process.off('exit', restore)
  restore()
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

function installNpmPackages() {
  const installed = 'node_modules/.package-lock.json'
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const names = Object.keys({ ...dependencies, ...devDependencies })
  console.log(`installing npm packages into node_modules: ${names.join(' ')}`)
  const { status, stdout, stderr } = run('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'])
  if (status !== 0) stop(`npm ci failed (no network?):\n${stdout}${stderr}`)
}

function run(command, args, env = {}, cwd = '.') {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, ...env },
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (result.error) stop(`cannot run ${command}: ${result.error.message}`)
  if (result.signal) stop(`${command} was ended by ${result.signal}`, 130)
  return result
}

function stop(message, code = 4) {
  console.error(message)
  process.exit(code)
}
