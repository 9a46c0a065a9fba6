import { Argument, type Command, Option } from 'commander'
import { type ExitCode, exit } from '../../errors/codes.ts'
import { parseDrift, parseStep } from '../../lab/amounts.ts'
import type { ClockName } from '../../lab/clocks.ts'
import { execInHost, shellOnHost } from '../../lab/console.ts'
import { labDown } from '../../lab/down.ts'
import { driftHostClock, stepHostClock } from '../../lab/host-clock.ts'
import { cutLink, healLink } from '../../lab/link.ts'
import { hostNames } from '../../lab/names.ts'
import { powerOff, powerOn } from '../../lab/power.ts'
import { labStatus } from '../../lab/status.ts'
import { labUp } from '../../lab/up.ts'
import { defineCommand, type RunAction } from '../define-command.ts'
import { checkChanges, type LabChange, readLabFile } from '../lab-file.ts'
import { labInWords, statusInWords, statusJson } from '../lab-words.ts'
import { readUtf8 } from '../read-text.ts'

interface Named {
  readonly name: string
}

export const lab = defineCommand({
  configure(command, run) {
    up(command, run)
    down(command, run)
    status(command, run)
    shell(command, run)
    clock(command, run)
    power(command, run)
    link(command, run)
  },
})

/** A sub-command about one lab, which is `lab` unless it is named. */
const about = (command: Command, nameAndArgs: string, summary: string) =>
  command.command(nameAndArgs).summary(summary).description(summary).option('--name <lab>', 'which lab', 'lab')

function up(command: Command, run: RunAction) {
  interface Options extends Named {
    readonly file?: string
    readonly hosts?: string
    readonly seed?: string
    readonly fastPtp?: true
  }
  about(command, 'up', 'Make a lab: hosts out of namespaces, with ssh, a PTP switch and clocks of their own')
    .option('-f, --file <file>', 'says what the lab is like; other options win over it')
    .option('--hosts <names>', 'names separated by commas, or a number N for n1 to nN (default: A,B,C)')
    .option('--seed <text>', 'other starts and drifts of the clocks (default: 1)')
    .option('--fast-ptp', 'the switch sends eight Syncs a second instead of one')
    .action(
      run(async (io, options: Options, called: Command) => {
        const started = Date.now()
        const { root, interrupted } = io
        const file = options.file === undefined ? undefined : readLabFile(options.file, readUtf8(options.file, io.cwd))
        const { seed = file?.seed, fastPtp = file?.fastPtp } = options
        const hosts = options.hosts === undefined ? (file?.hosts ?? defaultHosts) : hostNames(options.hosts)
        const name = (called.getOptionValueSource('name') === 'cli' ? undefined : file?.name) ?? options.name
        if (file !== undefined) checkChanges(file, hosts)
        const made = await labUp({ root, name, hosts, seed, fastPtp, interrupted })
        await changeOrTakeDown(name, file?.changes ?? [])
        io.stdout.write(labInWords(made, Date.now() - started))
        return exit.ok
      }),
    )
}

const defaultHosts = ['A', 'B', 'C']

/** A lab that is not as its file says is no lab. */
async function changeOrTakeDown(lab: string, changes: readonly LabChange[]): Promise<void> {
  try {
    for (const { make } of changes) await make(lab)
  } catch (error) {
    await labDown(lab)
    throw error
  }
}

function down(command: Command, run: RunAction) {
  about(command, 'down', 'Take a lab down: its processes, mounts, links and files, also half-made ones').action(
    run(async (io, { name }: Named) => {
      io.stdout.write((await labDown(name)) ? `lab '${name}' is gone\n` : `there is no lab '${name}'\n`)
      return exit.ok
    }),
  )
}

function status(command: Command, run: RunAction) {
  about(command, 'status', 'Hosts, links and the true offsets of all clocks')
    .option('--json', 'for programs; offsets in ns')
    .action(
      run(async (io, { name, json }: Named & { readonly json?: true }) => {
        const now = await labStatus(name)
        io.stdout.write(json ? statusJson(now) : statusInWords(now))
        return exit.ok
      }),
    )
}

function shell(command: Command, run: RunAction) {
  about(command, 'shell', 'Log in to a host by ssh')
    .argument('<host>', 'a host of the lab')
    .action(run(async (io, host: string, { name }: Named) => (await shellOnHost(name, host, io)) as ExitCode))
  about(command, 'exec <host> <command...>', 'Run a command on a host as on its console, without ssh')
    .usage('[--name <lab>] <host> -- <command...>')
    .action(
      // The exit code is the command's own, whatever it is.
      run(async (io, host: string, argv: string[], { name }: Named) => {
        return (await execInHost(name, host, argv, io)) as ExitCode
      }),
    )
}

function clock(command: Command, run: RunAction) {
  about(command, 'clock', 'Step a clock of a host, or let it drift')
    .usage('[--name <lab>] <host> <step|drift> <system|phc> <amount>')
    .argument('<host>', 'a host of the lab')
    .addArgument(new Argument('<what>', 'a step now, or how wrong the oscillator is').choices(['step', 'drift']))
    .addArgument(new Argument('<clock>', 'CLOCK_REALTIME or the PTP hardware clock').choices(['system', 'phc']))
    .argument('<amount>', 'a step such as 50us or -2s, a drift such as 20ppm or -350ppb')
    // An amount may begin with a minus.
    .allowUnknownOption()
    .action(
      run(async (_io, host: string, what: string, which: ClockName, amount: string, { name }: Named) => {
        if (what === 'step') await stepHostClock(name, host, which, parseStep(amount))
        else await driftHostClock(name, host, which, parseDrift(amount))
        return exit.ok
      }),
    )
}

function power(command: Command, run: RunAction) {
  about(command, 'power', 'Switch a host off, at once and without a word on the network, or on')
    .argument('<host>', 'a host of the lab')
    .addArgument(new Argument('<state>', 'what its power switch is set to').choices(['off', 'on']))
    .action(
      run(async (io, host: string, state: string, { name }: Named) => {
        const changed = await (state === 'on' ? powerOn : powerOff)(name, host)
        io.stdout.write(`${host} is ${changed ? 'now' : 'already'} ${state}\n`)
        return exit.ok
      }),
    )
}

function link(command: Command, run: RunAction) {
  about(command, 'link', "Cut a host's link at the switch, or heal it")
    .argument('<host>', 'a host of the lab')
    .addArgument(new Argument('<what>', 'what happens to the link').choices(['cut', 'heal']))
    .addOption(new Option('--ssh-only', 'only the way to the controller: ssh falls silent, PTP and test frames go on'))
    .action(
      run(
        async (_io, host: string, what: string, { name, sshOnly = false }: Named & { readonly sshOnly?: boolean }) => {
          await (what === 'cut' ? cutLink : healLink)(name, host, sshOnly)
          return exit.ok
        },
      ),
    )
}
