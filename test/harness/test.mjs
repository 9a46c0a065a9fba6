// npm test: prepares the machine, then lint, types, unit and lab tests; ends with `N passed, N failed, N skipped`.
// With file names as arguments only those tests run, without preparation or checks. --unit leaves out the labs and
// what is about other programs, --soak runs only the long forms, --node PATH runs the tests on another Node.
import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { endAll, run } from './child.mjs'
import { endLeftovers, markOf } from './leftovers.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    soak: { type: 'boolean', default: false },
    unit: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
  },
})
const everything = positionals.length === 0
if (everything) await (await import('./prepare.mjs')).prepare(values.unit ? [] : ['lab', 'test', 'oracle'])

/** Those that are about other programs than ours, or about what is the same on any Node: --unit leaves them out. */
const onlyHere =
  /(fuzz|\/world|\/scale)\.test\.ts$|^test\/(transport\/(tether|become|ssh\.)|daemon\/(adopt|test-process|systemd|lockstepd)|broker\/broker|cli\/become|inventory\/oracle|playbook\/editor)/

/** They take more than a minute each: first, so that no lane begins one when the others are at their end. */
const longOnes =
  /(experiment|tools-faults|reserved|kill|two-senders|faults-in-a-row|interrupt|faults-processes|traffic-tools)\.lab\.test\.ts$/
const isLong = file => longOnes.test(file)

const counts = { passed: 0, failed: 0, skipped: 0 }
const failures = []
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    interrupted = true
    endAll()
  })

if (everything && !values.unit && !values.soak) {
  await check('lint', ['node_modules/.bin/biome', 'ci', '--error-on-warnings', '.'])
  await check('types', ['node_modules/.bin/tsc', '-p', '.'])
}
// Tests on labs mostly wait, the others compute: those fill what is left of the machine, and each lane then helps the others.
const tests = await built()
const [all, others] = [tests.filter(({ file }) => isOnLab(file)), tests.filter(({ file }) => !isOnLab(file))]
const onLabs = all.toSorted((a, b) => isLong(b.file) - isLong(a.file))
const failed = []
// The long forms fill the machine by themselves, and some of them look at the time.
if (values.soak) await lane(others, onLabs)
else await Promise.all([lane(onLabs, others), lane(onLabs, others), lane(others, onLabs)])
await haveLastWord()

if (process.env.CI && counts.skipped > 0) fail('skipped tests', 'in CI nothing is skipped')
for (const { name, output } of failures) console.log(`\n--- ${name}\n${output.trimEnd()}`)
if (interrupted) console.log('\ninterrupted')
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
// What keeps this process up now is no test of ours: pipes and timers of commands that have ended.
process.exit(interrupted ? 130 : counts.failed === 0 ? 0 : 1)

/** The soak holds only its own. */
async function testFiles() {
  return (await readdir('test', { recursive: true }))
    .filter(name => name.endsWith('.test.ts'))
    .map(name => `test/${name}`)
    .filter(file => isSoak(file) === values.soak)
    .filter(file => !values.unit || !(isOnLab(file) || onlyHere.test(file)))
    .sort((a, b) => a.localeCompare(b))
}

function isOnLab(file) {
  return file.endsWith('.lab.test.ts')
}

function isSoak(file) {
  return file.endsWith('.soak.test.ts')
}

async function check(name, argv) {
  const { code, output } = await run(argv, { limitMs: 300_000 })
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (code === 0) counts.passed += 1
  else fail(name, output)
}

/** The tests as scripts. What cannot be built has been said by esbuild, and counts as a failure. */
async function built() {
  const { buildPrograms, buildTests } = await import('./build.mjs')
  try {
    await buildPrograms()
    return await buildTests(everything ? await testFiles() : positionals)
  } catch (error) {
    fail('build', error.message)
    return []
  }
}

async function lane(...queues) {
  for (const queue of queues)
    while (queue.length > 0 && !interrupted) {
      const test = queue.shift()
      const result = await oneFile(test)
      if (result.whole) count(result)
      else failed.push({ test, result })
    }
}

/**
 * Tests of real programs may fail of a machine that is busy with the others: a few that have failed are run once more, alone,
 * and that counts. What they said first is shown all the same. Many are no accident.
 */
async function haveLastWord() {
  const isFew = everything && failed.length <= 6
  for (const { test, result } of failed) {
    if (!isFew || interrupted) count(result)
    else {
      console.log(`\n--- ${test.file}, which is run again, alone\n${result.output.trimEnd()}\n`)
      count(await oneFile(test))
    }
  }
}

function count({ file, passed, skipped, whole, total, output }) {
  counts.passed += passed
  counts.skipped += skipped
  if (!whole) fail(file, output, Math.max(1, total - passed))
}

/** A file passes when uvu printed a summary of at least one test and none failed: uvu's exit code alone can lie. */
async function oneFile({ file, script }) {
  const started = Date.now()
  const id = randomUUID()
  const behind = isOnLab(file) ? [] : ['nice', '-n', '10']
  const { code, output, pid } = await run([...behind, values.node, '--enable-source-maps', script], {
    limitMs: isSoak(file) ? 7_200_000 : 600_000,
    lastWord: /^ {2}Duration: .*\n/m,
    env: markOf(id),
  })
  const left = await endLeftovers(id, pid)
  const figure = name => Number(new RegExp(`^\\s*${name}:\\s+(\\d+)`, 'm').exec(output)?.[1] ?? 0)
  const [total, passed, skipped] = [figure('Total'), figure('Passed'), figure('Skipped')]
  const whole = code === 0 && total + skipped > 0 && passed === total && left.length === 0

  const outcome = [whole ? `${passed} passed` : ending(code), ...(skipped > 0 ? [`${skipped} skipped`] : [])]
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${whole ? 'ok  ' : 'FAIL'} ${file} (${outcome.join(', ')}, ${seconds} s)`)
  for (const [, reason] of output.matchAll(/^SKIPPED (.*)$/gm)) console.log(`     skipped: ${reason}`)
  const said = [output, ...left.map(each => `left behind: ${each}`)].join('\n')
  return { file, passed, skipped, whole, total, output: said }
}

function ending(code) {
  return code === undefined ? 'ended by a signal' : `exit ${code}`
}

function fail(name, output, count = 1) {
  counts.failed += count
  failures.push({ name, output })
}
