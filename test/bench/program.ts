import { type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program to its end and gives the ms that it took; fails with what it said when it does not exit with 0. */
export async function timed([program = '', ...args]: readonly string[], cwd = process.cwd()): Promise<number> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
  const startedAt = performance.now()
  const child = spawn(program, args, { cwd, stdio })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', text => (said += text))
  const [code] = await once(child, 'close')
  const tookMs = performance.now() - startedAt
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${said}`)
  return tookMs
}
