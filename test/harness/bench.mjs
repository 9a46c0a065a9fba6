// npm run bench [-- --short]: what Lockstep costs beside the programs that it takes the place of. Fails only when an
// asserted ratio does not hold; goals are for a quiet machine and are shown beside.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { labImpossible, prepare } from './prepare.mjs'

const { short } = parseArgs({ options: { short: { type: 'boolean', default: false } } }).values
const interrupt = new AbortController()
// Ctrl-C reaches our children too (one process group): what they were doing fails, and the lab is taken down.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt.abort(new Error(signal)))

const impossible = labImpossible()
if (impossible !== undefined && process.env.CI) {
  console.error(`benchmarks are never skipped in CI: ${impossible}`)
  process.exit(4)
}
await prepare(['lab', 'test', 'oracle'])
const { buildPrograms, buildTests } = await import('./build.mjs')
await buildPrograms()
const [{ script }] = await buildTests(['test/bench/all.ts'])
const { benchmarks } = await import(pathToFileURL(resolve(script)).href)

const broken = []
for (const { name, needsLab, run } of benchmarks) {
  if (needsLab && impossible !== undefined) console.log(`\n${name}: skipped (${impossible})`)
  else if (!interrupt.signal.aborted) {
    const started = Date.now()
    const rows = await measure(name, run)
    print(`${name} (${((Date.now() - started) / 1000).toFixed(0)} s)`, rows)
  }
}
console.log(broken.length === 0 ? '\nevery asserted ratio holds' : `\nnot as asserted: ${broken.join(', ')}`)
process.exitCode = interrupt.signal.aborted ? 130 : broken.length === 0 ? 0 : 1

async function measure(name, run) {
  try {
    return await run({ short, interrupted: interrupt.signal })
  } catch (error) {
    broken.push(name)
    return [{ what: name, measured: `failed: ${error.message}` }]
  }
}

function print(name, rows) {
  const width = Math.max(...rows.map(({ what }) => what.length))
  console.log(`\n${name}`)
  for (const { what, measured, goal, asserted } of rows) {
    if (asserted?.met === false) broken.push(what)
    const remarks = [
      ...(goal === undefined ? [] : [`goal: ${goal}`]),
      ...(asserted === undefined ? [] : [`${asserted.met ? 'ok' : 'NOT'}: ${asserted.text}`]),
    ]
    console.log(`  ${what.padEnd(width)}  ${measured}${remarks.length === 0 ? '' : `  [${remarks.join('; ')}]`}`)
  }
}
