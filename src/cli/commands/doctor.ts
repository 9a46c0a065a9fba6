import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { LockstepError } from '../../errors/error.ts'
import { askPtp, readPtp } from '../../facts/diagnosis/ask-ptp.ts'
import { ptp4lsOn } from '../../facts/diagnosis/clock-rules.ts'
import { type Diagnosis, diagnose } from '../../facts/diagnosis/diagnose.ts'
import type { Patient } from '../../facts/diagnosis/finding.ts'
import { askFacts, readFacts } from '../../facts/host-facts.ts'
import type { Play, PlayHost } from '../../playbook/play.ts'
import { hostProblems } from '../../runner/connect-phase.ts'
import type { HostConnection } from '../../transport/transport.ts'
import { toJson } from '../../units/json.ts'
import { defineCommand, several } from '../define-command.ts'
import { diagnosisLines } from '../diagnosis-lines.ts'
import type { Io } from '../io.ts'
import { playReader } from '../load.ts'
import { atHosts, exitCodeOfHosts, hostsFor, type PatternOptions, patternOptions } from '../pattern-command.ts'
import { writeAll } from '../write-all.ts'

interface Options extends PatternOptions {
  readonly bind?: readonly string[]
  readonly notes?: true
}

/** `lockstep doctor PATTERN | PLAYBOOK`: why clocks do not get in step, or a test would be worthless. Changes nothing. */
export const doctor = defineCommand({
  configure(command, action) {
    patternOptions(
      command.argument(
        '<hosts>',
        'a playbook, or hosts of the inventory; without -i, addresses with commas between them',
      ),
    )
      .option(
        '--bind <NAME=HOST>',
        'HOST of the inventory takes the place of NAME in the playbook; repeatable',
        several,
      )
      .option('--notes', 'say also what is only good to know')
      .action(action(async (io, subject: string, options: Options) => examine(subject, options, io)))
  },
})

async function examine(subject: string, options: Options, io: Io): Promise<ExitCode> {
  const play = isPlaybook(subject, io) ? (await playReader(options, io))(subject) : undefined
  const hosts = play?.hosts ?? (await hostsFor(subject, options, io))
  const outcomes = await atHosts(hosts, options, io, { act: host => patientOf(host, io) })
  const patients = outcomes.flatMap(each => ('got' in each ? [each.got] : []))
  const diagnoses = withPlay(play, patients, diagnose(patients)).map(({ host, findings }) => ({
    host,
    findings: findings.filter(({ severity }) => options.notes || severity !== 'note'),
  }))
  const lines = options.json
    ? diagnoses.map(each => `${toJson(each)}\n`)
    : diagnosisLines(diagnoses).map(line => `${line}\n`)
  await writeAll(io.stdout, [lines.join('')])
  const isIll = diagnoses.some(({ findings }) => findings.some(({ severity }) => severity === 'error'))
  return exitCodeOfHosts(outcomes, isIll ? exit.host : exit.ok)
}

const isPlaybook = (subject: string, { cwd }: Io) => /\.ya?ml$/.test(subject) && existsSync(resolve(cwd, subject))

/** One program on the host tells everything; where a ptp4l runs on the interface, a second one asks that. */
const patientOf =
  ({ name: host, interface: device }: PlayHost, { interrupted: signal }: Io) =>
  async (connection: HostConnection): Promise<Patient> => {
    const ask = async (argv: readonly string[]) =>
      (await connection.exec(argv, { timeoutMs: 20_000, signal })).stdout.toString('utf8')
    const facts = readFacts(await ask(askFacts(device)))
    if (facts === undefined)
      throw new LockstepError('HOST_FACTS', `${host} did not say what it is`, {
        hint: 'a host needs a POSIX shell; does the login run one?',
      })
    const patient = { host, interface: device, facts }
    const [ptp4l] = ptp4lsOn(patient)
    return ptp4l === undefined ? patient : { ...patient, ...readPtp(await ask(askPtp(ptp4l, device))) }
  }

/** What keeps this very playbook from being run there comes on top. */
function withPlay(
  play: Play | undefined,
  patients: readonly Patient[],
  diagnoses: readonly Diagnosis[],
): readonly Diagnosis[] {
  if (play === undefined) return diagnoses
  return diagnoses.map(({ host, findings }, index) => {
    const [meant, patient] = [play.hosts.find(({ name }) => name === host), patients[index]]
    if (meant === undefined || patient === undefined) return { host, findings }
    const problems = hostProblems(play, meant, { name: host, facts: patient.facts })
    const refused = problems.map(({ code, message, hint = 'see the playbook' }) => {
      return { severity: 'error' as const, rule: code, what: message, evidence: 'a run would be refused', advice: hint }
    })
    return { host, findings: [...refused, ...findings] }
  })
}
