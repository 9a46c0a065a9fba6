import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import { keptIo } from '../../fixtures/io.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/doc')

/** `lockstep doc` with these arguments, on a terminal of `columns` or into a pipe. */
async function doc(args: readonly string[], columns?: number) {
  const kept = keptIo(process.cwd())
  if (columns !== undefined) Object.assign(kept.io.stdout, { columns })
  const code = await main(['doc', ...args], kept.io)
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

test('a key is said with its kind, its default and an example', async () => {
  assert.equal(await doc(['sync.gate.hold']), {
    code: 0,
    stderr: '',
    stdout: `sync.gate.hold
  How long the clocks must have been within the limit without a break, with its
  unit.

  takes    a duration with its unit, such as 10ms or 100ns
  default  0
  example  3s
`,
  })
})

test('a mapping lists its keys', async () => {
  const { stdout } = await doc(['gate'], 62)
  assert.equal(stdout.split('\n'), [
    'sync.gate (needed)',
    '  When the traffic may start.',
    '',
    "  takes    a mapping with 'offset'",
    '  example  {offset: 100ns, good: 3, every: 100ms, timeout: 2m}',
    '  keys',
    '    offset   Largest offset, in either direction, of the PHC …',
    '    offsets  Limits of hosts that have one of their own, by h…',
    '    require  What is asked of every host',
    '    good     Rounds in a row in which every clock has to be w…',
    '    every    From the start of one round to that of the next,…',
    '    hold     How long the clocks must have been within the li…',
    '    timeout  Deadline of the gate, with its unit',
    '    bad      Bad answers of a host in a row that void an atte…',
    '',
  ])
})

test('options of isochron and figures are known, and what cannot be set says why', async () => {
  assert.match((await doc(['isochron.cycle-time'])).stdout, /^isochron\.cycle-time\n {2}From one frame to the next/)
  assert.match((await doc(['flows.a.cycle-time'])).stdout, /\n {2}same as {2}isochron\.cycle-time\n$/)
  assert.match((await doc(['path-delay'])).stdout, /example {2}path-delay\.mean < 10us/)
  assert.is(
    (await doc(['isochron.interface'])).stdout,
    "isochron.interface\n  'interface' cannot be set here: it is the variable `interface` of the host\n",
  )
})

test('an unknown key gets a suggestion', async () => {
  assert.equal(await doc(['sync.gate.ofset']), {
    code: 2,
    stdout: '',
    stderr: "there is no key 'sync.gate.ofset'  [USAGE_VALUE]\n      hint: did you mean 'sync.gate.offset'?\n",
  })
  assert.match((await doc(['something-else'])).stderr, /hint: `lockstep doc` lists every key/)
})

test('without a key all that can be set are listed, whole lines in a pipe and cut on a terminal', async () => {
  const piped = (await doc([])).stdout.trimEnd().split('\n')
  const paths = piped.map(line => line.split(' ')[0])
  for (const path of ['name', 'sync.gate.offset', 'isochron.cycle-time', 'flows.NAME.to', 'expect.lost'])
    assert.ok(paths.includes(path), path)
  assert.not(paths.includes('isochron.interface'))
  assert.not(paths.includes('flows.NAME.cycle-time'))
  assert.ok(piped.some(line => line.length > 80))
  const shown = (await doc([], 80)).stdout.trimEnd().split('\n')
  assert.is(shown.length, piped.length)
  assert.ok(shown.every(line => line.length <= 80))
})

test.run()
