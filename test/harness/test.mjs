// npm test: prepares the machine, then lint, types, unit and lab tests; ends with `N passed, N failed, N skipped`.
// With file names as arguments only those tests run, without preparation or checks.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { soak: { type: 'boolean' }, unit: { type: 'boolean' }, node: { type: 'string' } },
})
const everything = positionals.length === 0
if (everything) await (await import('./prepare.mjs')).prepare(values.unit ? [] : ['lab'])

const { buildPrograms, buildTests } = await import('./build.mjs')
const failures = []
let passed = 0
let skipped = 0

if (everything && !values.unit) {
  for (const [name, ...argv] of [
    ['lint', 'node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'],
    ['types', 'node_modules/.bin/tsc', '-p', '.'],
  ]) {
    const { code, output } = await run(argv, 300_000)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
    if (code !== 0) failures.push({ file: name, output })
    else passed += 1
  }
}

await buildPrograms()
const files = everything ? await testFiles() : positionals
const built = await buildTests(files)
const queue = [...built]
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))

for (const { file, output } of failures) console.log(`\n--- ${file}\n${output.trimEnd()}`)
console.log(`\n${passed} passed, ${failures.length} failed, ${skipped} skipped`)
process.exitCode = failures.length === 0 ? 0 : 1

/** Lab tests are the long ones, so they go first; the soak holds only its own. */
async function testFiles() {
  const found = (await readdir('test', { recursive: true }))
    .filter(name => name.endsWith('.test.ts'))
    .map(name => `test/${name}`)
  const rank = file => (file.endsWith('.lab.test.ts') ? 0 : 1)
  return found
    .filter(file => values.soak === file.endsWith('.soak.test.ts') || (!values.soak && !file.endsWith('.soak.test.ts')))
    .filter(file => !values.unit || rank(file) === 1)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

async function worker() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await oneFile(next)
}

/** A file passes when uvu printed a summary of at least one test and none failed: uvu's exit code alone can lie. */
async function oneFile({ file, script }) {
  const limit = file.endsWith('.soak.test.ts') ? 7_200_000 : 600_000
  const started = Date.now()
  const { code, output } = await run([values.node ?? process.execPath, '--enable-source-maps', script], limit)
  const figure = name => Number(new RegExp(`^\\s*${name}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? Number.NaN)
  const [total, good, left] = [figure('Total'), figure('Passed'), figure('Skipped')]
  const whole = code === 0 && total + left > 0 && good === total
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(
    `${whole ? 'ok  ' : 'FAIL'} ${file} (${whole ? `${good} passed` : `exit ${code}`}${left > 0 ? `, ${left} skipped` : ''}, ${seconds} s)`,
  )
  for (const [, reason] of output.matchAll(/^SKIPPED (.*)$/gm)) console.log(`     skipped: ${reason}`)
  if (whole) passed += good
  else {
    passed += Number.isFinite(good) ? good : 0
    const missed = Math.max(1, total - good || 0)
    for (let i = 1; i < missed; i++) failures.push({ file, output: '(see above)' })
    failures.push({ file, output })
  }
  skipped += Number.isFinite(left) ? left : 0
}

/** Runs a command in a process group of its own, which is killed when its time is over. */
function run([command, ...args], timeoutMs) {
  return new Promise(resolve => {
    const child = spawn(existsSync(command) ? command : 'node', existsSync(command) ? args : [command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, NO_COLOR: '1' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
    const timer = setTimeout(() => {
      output += `\nended after ${timeoutMs / 1000} s\n`
      process.kill(-child.pid, 'SIGKILL')
    }, timeoutMs)
    child.on('close', code => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
