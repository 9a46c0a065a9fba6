import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { heldLine, launch, readLaunch, told } from '../../src/tools/launcher.ts'
import { ms, type UtcInstant, utc } from '../../src/units/quantity.ts'
import { until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/launcher')

const now = () => utc(BigInt(Date.now()) * 1_000_000n)
const inMs = (length: number): UtcInstant => utc(now() + ms(length))

function withFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  try {
    use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function withFolderAsync(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A launcher that goes on while we do something else. */
function launched([program = '', ...words]: readonly string[], PATH: string) {
  const child = spawn(find(program), words, { env: { PATH }, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const status = once(child, 'close').then(([code]) => code as number | null)
  return { pid: child.pid ?? 0, status, said: () => said }
}

/** Where a program is; a shell would name its builtins. */
const find = (program: string) =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map(folder => join(folder, program))
    .find(existsSync) ?? program

/** A PATH with these programs only. */
function pathOf(folder: string, programs: readonly string[]): string {
  for (const program of programs) symlinkSync(find(program), join(folder, program))
  return folder
}

const run = (argv: readonly string[], at: UtcInstant, outputFile: string, PATH = process.env['PATH']) => {
  const [, ...words] = launch(argv, { at, outputFile })
  return spawnSync(find('sh'), words, { encoding: 'utf8', env: { ...process.env, PATH } })
}

for (const { name, programs } of [
  { name: 'perl', programs: ['perl', 'cat', 'sh'] },
  { name: 'date alone', programs: ['date', 'sleep', 'cat', 'sh'] },
]) {
  test(`with ${name} a program runs at its instant and not before`, () =>
    withFolder(folder => {
      const PATH = pathOf(folder, programs)
      const output = join(folder, 'out')
      const at = inMs(400)
      const { status, stderr } = run(['sh', '-c', 'echo to stdout; echo to stderr >&2; exit 5'], at, output, PATH)
      const { ready, released, fault, rest } = readLaunch(stderr)
      assert.is(status, 5)
      assert.is(fault, undefined)
      assert.is(rest, 'to stderr\n')
      assert.is(readFileSync(output, 'utf8'), 'to stdout\n')
      assert.ok(ready !== undefined && ready < at, `ready at ${ready}, due at ${at}`)
      const late = Number((released as UtcInstant) - at) / 1e6
      // A busy machine may be late; nobody may be early.
      assert.ok(late >= 0 && late < 2000, `${late} ms late`)
    }))

  test(`with ${name} words stay the words they are`, () =>
    withFolder(folder => {
      const words = ['a b', '', "it's", '"', '$HOME', '*', '-n', 'line\nfeed', '\\', '`id`', 'é']
      const output = join(folder, 'out')
      const print = [
        process.execPath,
        '-e',
        'process.stdout.write(JSON.stringify(process.argv.slice(1)))',
        '--',
        ...words,
      ]
      const { status } = run(print, now(), output, pathOf(folder, programs))
      assert.is(status, 0)
      assert.equal(JSON.parse(readFileSync(output, 'utf8')), words)
    }))

  test(`with ${name} the instant may be told later, and goes into the words that ask for it`, async () => {
    await withFolderAsync(async folder => {
      const [output, file] = [join(folder, 'out'), join(folder, 'start')]
      const at = { file, word: 'b' }
      const PATH = pathOf(folder, [...programs, 'echo'])
      const words = ['echo', '@start@', '--at=@start@', '@start']
      const waiting = launched(launch(words, { at, outputFile: output }), PATH)
      await until(() => heldLine(waiting.pid).test(waiting.said()))
      assert.is(readFileSync(output, 'utf8'), '')
      const due = inMs(300)
      // A line that is not whole is none, nor is that of another start.
      writeFileSync(file, told('b', due).slice(0, 7))
      await sleep(40)
      writeFileSync(file, `${told('a', inMs(0))}\n`)
      await sleep(40)
      writeFileSync(file, `${told('b', due)}\n`)
      assert.is(await waiting.status, 0)
      const { ready, released } = readLaunch(waiting.said())
      assert.ok((ready as UtcInstant) < due && (released as UtcInstant) >= due, waiting.said())
      const seconds = `${due / 1_000_000_000n}.${String((due % 1_000_000_000n) / 1_000n).padStart(6, '0')}`
      assert.is(readFileSync(output, 'utf8'), `${seconds} --at=${seconds} @start\n`)
    })
  })

  test(`with ${name} a program that waits itself is told at once, and one that nobody tells does not stay`, async () => {
    await withFolderAsync(async folder => {
      const [outputFile, file] = [join(folder, 'out'), join(folder, 'start')]
      const at = { file, word: 'b' }
      const PATH = pathOf(folder, [...programs, 'echo'])
      const own = launch(['echo', '@start@'], { at, outputFile, mode: 'own' })
      const impatient = own.with(own.indexOf('60'), '1')
      const untold = launched(impatient, PATH)
      assert.is.not(await untold.status, 0)
      assert.is(readLaunch(untold.said()).fault, 'the launcher could not start: nobody said when within 1 s')
      writeFileSync(file, `${told('b', inMs(3_600_000))}\n`)
      const running = launched(own, PATH)
      assert.is(await running.status, 0)
      assert.is(readLaunch(running.said()).released, undefined)
      assert.ok(Number(readFileSync(outputFile, 'utf8')) > Date.now() / 1_000 + 3_000)
    })
  })

  test(`with ${name} an instant that has passed is now, and is known to be late`, () =>
    withFolder(folder => {
      const at = inMs(-5000)
      const { status, stderr } = run(['true'], at, join(folder, 'out'), pathOf(folder, [...programs, 'true']))
      const { ready, released } = readLaunch(stderr)
      assert.is(status, 0)
      assert.ok((ready as UtcInstant) > at && Number((released as UtcInstant) - at) >= 5e9)
    }))

  test(`with ${name} a program that is not there, or a file that cannot be written, is a fault`, () =>
    withFolder(folder => {
      const PATH = pathOf(folder, programs)
      const missing = run(['no-such-program'], now(), join(folder, 'out'), PATH)
      assert.is(missing.status, 127)
      assert.match(readLaunch(missing.stderr).fault ?? '', /^the launcher could not exec \S+: (No|there is no) such /)
      const unwritable = run(['cat'], now(), join(folder, 'none', 'out'), PATH)
      assert.is.not(unwritable.status, 0)
      assert.is(readLaunch(unwritable.stderr).released, undefined)
      assert.match(readLaunch(unwritable.stderr).fault ?? '', 'the launcher could not open')
    }))
}

test('a host with neither perl nor a fine clock is a fault', () =>
  withFolder(folder => {
    const { status, stderr } = run(['cat'], now(), join(folder, 'out'), pathOf(folder, ['cat', 'sh']))
    assert.is(status, 127)
    assert.match(readLaunch(stderr).fault ?? '', 'could not clock')
  }))

test('where perl is known to be there the launcher leads a session of its own, and no shell is needed', async () => {
  await withFolderAsync(async folder => {
    const outputFile = join(folder, 'out')
    const argv = launch(['sh', '-c', 'cut -d" " -f6 /proc/$$/stat; echo "$1"', 'sh', "it's"], {
      at: now(),
      outputFile,
      byPerl: true,
    })
    const running = launched(argv, process.env['PATH'] ?? '')
    assert.is(await running.status, 0, running.said())
    assert.is(readFileSync(outputFile, 'utf8'), `${running.pid}\nit's\n`)
    assert.ok(readLaunch(running.said()).released !== undefined)
  })
})

test('the launcher becomes the program: no process of its own stays', () =>
  withFolder(folder => {
    const output = join(folder, 'out')
    const { pid } = run(['sh', '-c', 'echo $$'], now(), output)
    assert.is(Number(readFileSync(output, 'utf8')), pid)
  }))

test('what the program says that looks like the launcher is not taken for it', () => {
  const { released, rest } = readLaunch('@launcher ready 1\n@launcher released 20\nhello @launcher released 30\n')
  assert.is(released, 20n)
  assert.is(rest, 'hello @launcher released 30\n')
})

test.run()
