import * as assert from 'uvu/assert'
import { main } from '../../../src/cli/main.ts'
import type { Lab } from '../../../src/lab/lab.ts'
import { keptIo } from '../../fixtures/io.ts'
import { labReason } from '../../fixtures/lab.ts'
import { sharedLab } from '../../fixtures/shared-lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('cli/ping')
const reason = labReason()
const { on } = sharedLab({ hosts: ['A', 'B'] })

async function ping({ inventory }: Lab, ...args: string[]) {
  const kept = keptIo(process.cwd())
  const io = { ...kept.io, env: { PATH: process.env['PATH'] } }
  const code = await main(['ping', ...args, '-i', inventory], io)
  return { code, stdout: kept.stdout(), stderr: kept.stderr() }
}

interface Answer {
  readonly host: string
  readonly connectMs: number
  readonly clockOffset: string
  readonly clockUncertainty: string
  readonly kernel: string
  readonly programs: Readonly<Record<string, string | null>>
}

const answers = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Answer)

test.unless(
  reason,
  'every host says how long it took, how its clock stands and what it has',
  on(async lab => {
    const { code, stdout, stderr } = await ping(lab, 'all')
    assert.equal({ code, stderr }, { code: 0, stderr: '' })
    const [head, a, b, ...more] = stdout.trimEnd().split('\n')
    assert.match(head ?? '', /^host +connect +clock, against this one +kernel +programs$/)
    for (const [line, host] of [
      [a, 'A'],
      [b, 'B'],
    ] as const)
      assert.match(
        line ?? '',
        new RegExp(`^${host} +\\d+ms +[+-]?[\\d.]+\\w+ ± [\\d.]+m?u?s +Linux \\S+ +ptp4l \\d.*isochron \\d`),
      )
    assert.equal(more, [])
  }),
)

test.unless(
  reason,
  'a clock that was stepped is seen to have been',
  on(async lab => {
    const before = answers((await ping(lab, 'A', '--json')).stdout)[0] as Answer
    const step = keptIo(process.cwd())
    assert.is(await main(['lab', 'clock', 'A', 'step', 'system', '+7s', '--name', lab.name], step.io), 0)
    const after = answers((await ping(lab, 'A', '--json')).stdout)[0] as Answer
    const stepped = Number(after.clockOffset) - Number(before.clockOffset)
    const error = Math.abs(stepped - 7e9)
    // The clock drifts between the two looks as well: a lab's may by 50 ppm.
    const bound = Number(before.clockUncertainty) + Number(after.clockUncertainty) + 1e6
    assert.ok(error < bound, `${error} ns off, at most ${bound} were allowed`)
    assert.is(typeof before.programs['ptp4l'], 'string')
  }),
)

test.unless(
  reason,
  'a host that cannot be used is said, and the others are asked all the same',
  on(async lab => {
    const kept = keptIo(process.cwd())
    const io = { ...kept.io, env: { PATH: process.env['PATH'] } }
    // Nothing listens on TCP port 1 of this machine.
    const code = await main(['ping', 'all', '-i', lab.inventory, '-i', '127.0.0.1:1,', '--json'], io)
    assert.is(code, 4)
    const said = new Map(
      kept
        .stdout()
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { host: string; error?: { code: string } })
        .map(each => [each.host, each.error?.code]),
    )
    assert.equal([...said].toSorted(), [
      ['127.0.0.1', 'SSH_UNREACHABLE'],
      ['A', undefined],
      ['B', undefined],
    ])
  }),
)

test('a pattern that selects nothing and one that cannot be read end before anything is touched', async () => {
  const cases = [
    [['nosuch'], /'nosuch' matches no host/],
    [['A:[', '--forks', '0'], /--forks 0: expected a number of hosts, 1 or more/],
    [['all:!all'], /selects no host/],
  ] as const
  for (const [args, message] of cases) {
    const kept = keptIo(process.cwd())
    const code = await main(['ping', ...args, '-i', 'A,B'], kept.io)
    assert.is(code, 2)
    assert.match(kept.stderr(), message)
  }
})

test.run()
