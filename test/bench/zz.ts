import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync, mkdirSync, readFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { withLab } from '../fixtures/lab.ts'
import { commandsOverSsh } from './bare-ssh.ts'
import { timed } from './program.ts'
const commands = [['true'],['hostname'],['uname','-r'],['cat','/proc/loadavg'],['ip','-o','link','show'],['test','-d','/etc'],['ls','/sys/class/net'],['head','-n','1','/proc/meminfo'],['cat','/proc/sys/net/ipv4/ip_forward'],['id','-u']]
const n = Number(process.env['N'] ?? 50)
const hosts = Array.from({ length: n }, (_, i) => `n${i + 1}`)
const group = '/sys/fs/cgroup/cpuacct/zz'
if (!existsSync(group)) mkdirSync(group)
writeFileSync(`${group}/cgroup.procs`, String(process.pid))
const usage = () => Number(readFileSync(`${group}/cpuacct.usage`, 'utf8')) / 1e6
async function measured(what: string, run: () => Promise<unknown>) {
  const [t, u] = [performance.now(), usage()]
  await run()
  console.log(what.padEnd(10), 'wall', Math.round(performance.now() - t), 'cpu', Math.round(usage() - u), 'per host', Math.round((usage() - u) / n))
}
await withLab({ hosts }, async lab => {
  const folder = mkdtempSync('/tmp/zz-')
  const run = (name: string, setup: unknown) => { writeFileSync(join(folder, name), JSON.stringify({ name: 'x', hosts: 'all', setup })); return timed([process.execPath, resolve('bin/lockstep.js'), 'run', join(folder, name), '-i', lab.inventory, '--runs', join(folder, 'runs')], folder) }
  for (let i = 0; i < Number(process.env['ROUNDS'] ?? 2); i++) {
    await measured('bare 10', () => commandsOverSsh(lab, commands))
    await measured('bare 1', () => commandsOverSsh(lab, commands.slice(0, 1)))
    await measured('ours 10', () => run('a.yml', commands.map(argv => ({ run: argv }))))
    const perf = process.env['PERF'] ? spawn('perf', ['record', '-a', '-F', '499', '-o', '/tmp/perf.data'], { stdio: 'ignore' }) : undefined
    await measured('ours 1', () => run('b.yml', [{ run: ['true'] }]))
    if (perf) { perf.kill('SIGINT'); await once(perf, 'exit') }
    console.log(folder); if (process.env['KEEP']) return
  }
  if (process.env['TRACE']) { 
    const pids = lab.hosts[0]!.pid
    const s = spawn('strace', ['-f', '-tt', '-e', 'trace=execve,fork,vfork,clone,clone3', '-o', '/tmp/strace.out', '-p', String(process.env['TRACE'] === '1' ? readFileSync(`/proc/${pids}/task/${pids}/children`, 'utf8').trim().split(' ').map(Number).join(' -p ') : pids)], { stdio: 'inherit', shell: true })
    await new Promise(r => setTimeout(r, 1000))
    await run('a.yml', commands.map(argv => ({ run: argv })))
    s.kill()
    await new Promise(r => setTimeout(r, 500))
  }
})
