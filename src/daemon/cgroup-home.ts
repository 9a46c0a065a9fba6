import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rmdir } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The folder of the control group that we are in ourselves, below which we may make others; undefined: there is none. */
export async function cgroupHome(): Promise<string | undefined> {
  const [mounts, own] = await Promise.all([
    readFile('/proc/self/mountinfo', 'latin1'),
    readFile('/proc/self/cgroup', 'latin1'),
  ])
  for (const home of homesIn(mounts, own)) if (await isOurs(home)) return home
  return undefined
}

/** Version 2 first, then hierarchies of version 1 that only count or freeze: being in one of them changes nothing by itself. */
const controllers = ['pids', 'freezer', 'name=systemd']

export function homesIn(mounts: string, own: string): readonly string[] {
  const mounted = mounts.split('\n').flatMap(line => mountOf(line))
  const mine = own.split('\n').flatMap(line => {
    const [, names, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    return names === undefined || path === undefined ? [] : [{ names: names.split(','), path }]
  })
  return ['', ...controllers].flatMap(controller => {
    const path = mine.find(({ names }) => names.includes(controller))?.path
    const mount = mounted.find(({ options, version }) =>
      controller === '' ? version === 2 : version === 1 && options.includes(controller),
    )
    if (path === undefined || mount === undefined) return []
    const below = relative(mount.root, path)
    // A group that lies outside what is mounted here, as in some containers, is out of reach.
    return below.startsWith('..') ? [] : [join(mount.folder, below)]
  })
}

/** proc_pid_mountinfo(5): ID PARENT DEVICE ROOT FOLDER OPTIONS [TAGS...] - TYPE SOURCE SUPER-OPTIONS. */
function mountOf(line: string) {
  const [front = '', back = ''] = line.split(' - ')
  const [, , , root = '', folder = ''] = front.split(' ')
  const [type = '', , options = ''] = back.split(' ')
  if (type !== 'cgroup2' && type !== 'cgroup') return []
  return [{ root, folder: unescaped(folder), options: options.split(','), version: type === 'cgroup2' ? 2 : 1 }]
}

/** Blanks and the like are written as octal numbers. */
const unescaped = (text: string) =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** Only trying tells: it may be mounted read-only, or belong to somebody else. */
async function isOurs(home: string): Promise<boolean> {
  const folder = join(home, `lockstep-try-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder)
    await rmdir(folder)
    return true
  } catch {
    return false
  }
}
