import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { exit, exitCodeOf } from '../errors/codes.ts'
import { LockstepError, problemsOf } from '../errors/error.ts'
import { renderProblem } from '../errors/render.ts'
import { usualProfiles } from '../tools/usual-profiles.ts'
import { checkEndpoint } from './check-endpoint.ts'
import { examplesOf, explainLimits, testLimits } from './explain-limits.ts'
import { isJournal, type Log, logTo } from './log.ts'
import { notifierFor } from './notify.ts'
import { onlyPlace } from './only-place.ts'
import { type Service, serve } from './serve.ts'
import { readCommand, type Settings, usage } from './settings.ts'
import { setUp, undoSetup } from './setup/setup.ts'
import { steer } from './steer.ts'
import { unitFile } from './unit-file.ts'

/** What bin/lockstepd.js calls: the process's own streams, signals and exit code. */
export async function start(program: URL): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2), fileURLToPath(program))
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    for (const problem of problemsOf(error)) process.stderr.write(`${renderProblem(problem, readText)}\n`)
    process.exitCode = exitCodeOf(error.code)
  }
}

async function main(argv: readonly string[], program: string): Promise<number> {
  const command = readCommand(argv)
  if (command.do === 'help') process.stdout.write(usage)
  else if (command.do === 'unit') process.stdout.write(unitOf(command.settings, [program, ...command.argv]))
  else if (command.do === 'steer') process.stdout.write(await steer(command.socket, command.what, command.until))
  else if (command.do === 'check') return check(command.settings)
  else if (command.do === 'setup') await setup(command.settings, command.account, command.argv, program)
  else if (command.do === 'undo') await undoSetup(command.settings, tell)
  else if (command.do === 'explain') process.stdout.write(await explainLimits(command.limits, command.spec, command.as))
  else if (command.do === 'test-limits') return limitsTest(command.limits, command.spec ?? examplesOf(command.limits))
  else await keep(command.settings)
  return exit.ok
}

function unitOf({ group }: Settings, argv: readonly string[]): string {
  const capabilities = [...new Set(Object.values(usualProfiles).flatMap(each => each.capabilities))]
  return unitFile({ argv: [process.execPath, ...argv], group: group ?? 'root', capabilities })
}

async function limitsTest(limits: string, examples: string): Promise<number> {
  const { text, failed } = await testLimits(limits, examples)
  process.stdout.write(text)
  return failed === 0 ? exit.ok : exit.fail
}

function setup(settings: Settings, account: string, argv: readonly string[], program: string): Promise<void> {
  // What is written is for sshd, systemd and the broker to read.
  process.umask(0o022)
  const words = argv.includes('--group') ? argv : ['--group', account, ...argv]
  const broker = [process.execPath, join(dirname(program), 'lockstep-broker.js')]
  const { limits, socket, state, user = 'lockstep-test' } = settings
  const files = ['--limits', limits, '--socket', socket]
  const unit = unitOf({ ...settings, group: settings.group ?? account }, [program, ...words])
  return setUp({ account, testUser: user, limits, state, broker: [...broker, ...files], unit }, tell)
}

const tell = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

async function check(settings: Settings): Promise<number> {
  const findings = await checkEndpoint(settings)
  for (const { what, fault } of findings)
    process.stdout.write(`${fault === undefined ? 'ok  ' : 'FAIL'} ${what}${fault === undefined ? '' : `: ${fault}`}\n`)
  return findings.some(({ fault }) => fault !== undefined) ? exit.host : exit.ok
}

/** Until it is told to end. Tests that run go on, and the next daemon finds them. */
async function keep(settings: Settings): Promise<void> {
  const log = logTo(line => process.stderr.write(line), {
    now: Date.now,
    prefixed: isJournal(process.env['JOURNAL_STREAM']),
  })
  const ending = signalled('SIGTERM', 'SIGINT')
  const place = settings.whileUsedMs === undefined ? undefined : await onlyPlace()
  const service = await serve(settings, log)
  const notifier = notifierFor(process.env, alive, error => log.failure('notify-failed', error))
  process.on('SIGHUP', () => void reload(service, log))
  process.stdout.write(`${JSON.stringify({ event: 'listening', socket: settings.socket, epoch: service.epoch })}\n`)
  await notifier?.ready(`listening on ${settings.socket}`).catch(error => log.failure('notify-failed', error))
  const unused = settings.whileUsedMs === undefined ? [] : [untilUnused(service, settings.whileUsedMs)]
  log('notice', 'stopping', { signal: await Promise.race([ending, ...unused]) })
  await notifier?.stopping().catch(error => log.failure('notify-failed', error))
  await service.close()
  if (place !== undefined) await rm(settings.state, { recursive: true, force: true })
  // Tests that are still watched would keep us here.
  process.exit(exit.ok)
}

const lookEachMs = 250

async function untilUnused(service: Service, forMs: number): Promise<'unused'> {
  let usedAt = performance.now()
  while (performance.now() - usedAt < forMs) {
    if (service.inUse()) usedAt = performance.now()
    await setTimeout(lookEachMs)
  }
  return 'unused'
}

/** Whoever can say so is. A journal that cannot be written is no reason to be killed: tests run, and it mends itself. */
const alive = () => true

async function reload(service: Service, log: Log): Promise<void> {
  try {
    await service.reload()
  } catch (error) {
    if (!(error instanceof LockstepError)) return log.failure('limits-refused', error)
    for (const { code, message, hint, at } of problemsOf(error))
      log.failure(
        'limits-refused',
        new LockstepError(code, at === undefined ? message : `line ${at.line}: ${message}`, { hint }),
      )
  }
}

const signalled = (...names: readonly NodeJS.Signals[]): Promise<string> =>
  new Promise(resolve => {
    for (const name of names) process.on(name, () => resolve(name))
  })

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
