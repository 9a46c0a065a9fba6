// npm run demo: a lab of real hosts, the main playbook on it, the verdict, the lab down again.
import { spawnSync } from 'node:child_process'
import { labImpossible, prepare } from './prepare.mjs'

const impossible = labImpossible()
if (impossible !== undefined) {
  console.error(`the demo cannot run here: ${impossible}`)
  process.exit(4)
}
await prepare(['lab'])
const { buildPrograms } = await import('./build.mjs')
await buildPrograms()

const name = `demo-${process.pid}`
// Ctrl-C reaches our children too (one process group): they clean up, and so do we.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

let code = lockstep('lab', 'up', '--name', name)
if (code === 0) code = lockstep('run', 'playbooks/two-senders.yml', '-i', `/run/lockstep-lab/${name}/inventory.ini`)
const down = lockstep('lab', 'down', '--name', name)
process.exitCode = code || down

function lockstep(...args) {
  console.log(`$ lockstep ${args.join(' ')}`)
  return spawnSync(process.execPath, ['bin/lockstep.js', ...args], { stdio: 'inherit' }).status ?? 130
}
