import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockstepError } from '../../errors/error.ts'
import type { Action, TaskResult } from '../../playbook/step.ts'
import type { ExecResult } from '../../transport/transport.ts'
import type { CommandOptions } from './doors.ts'
import { optionsOf, type TryAtHost } from './try.ts'

type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>

/** Of what a command prints, this much is kept; one that prints more has failed. */
export const mostOutput = 64 << 20

/** A shell line by the host's shell, an argv as it is. */
export async function runCommand(action: ActionOf<'command'>, at: TryAtHost): Promise<TaskResult> {
  const argv = 'argv' in action.command ? action.command.argv : [at.door.shell, '-c', action.command.line]
  return await execute(argv, { stdin: action.stdin, env: action.env, cwd: action.cwd }, at)
}

const execute = async (argv: readonly string[], more: Partial<CommandOptions>, at: TryAtHost): Promise<TaskResult> =>
  resultOf(await at.door.exec(argv, { ...optionsOf(at), maxBytes: mostOutput, onOutput: at.output.add, ...more }))

/**
 * The script comes through stdin, in front of what it is to read itself. Its folder is the run's own, which goes at the
 * end; another user cannot look in there, and gets one below /tmp that is removed at the end too.
 */
export async function runScript(action: ActionOf<'script'>, at: TryAtHost): Promise<TaskResult> {
  const text = readLocal(resolve(at.workFolder, action.file))
  const stdin = Buffer.concat([text, Buffer.from(action.stdin ?? '', 'utf8')])
  const interpreter = text.subarray(0, 2).toString('latin1') === '#!' ? '' : 'sh'
  const size = action.stdin === undefined ? '' : String(text.length)
  const ours = at.become === undefined
  const name = `script.${randomBytes(8).toString('hex')}`
  const folder = ours ? `${at.door.folder}/${name}` : `/tmp/lockstep-${name}`
  if (!ours) await at.door.undo(name, ['rm', '-rf', '--', folder])
  const words = [folder, size, action.cwd ?? '', interpreter, ...action.args]
  const result = await execute(['sh', '-c', scriptRunner, 'sh', ...words], { stdin, env: action.env }, at)
  if (!ours) await at.door.forget(name)
  return result
}

/** Words: FOLDER SIZE CWD INTERPRETER ARGS... With a SIZE stdin goes on behind the script: dd takes no octet too many. */
const scriptRunner = `folder=$1 size=$2 cwd=$3 interpreter=$4
shift 4
umask 077
mkdir "$folder" || exit 126
trap 'rm -rf -- "$folder"' EXIT
trap 'exit 143' HUP INT TERM
if [ -z "$size" ]; then cat; else dd ibs=1 obs=4096 count="$size" 2>/dev/null; fi >"$folder/script"
chmod 700 "$folder/script" || exit 126
[ -z "$cwd" ] || cd -- "$cwd" || exit 126
$interpreter "$folder/script" "$@"
`

export function readLocal(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new LockstepError('USAGE_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
}

export const resultOf = ({ code, stdout, stderr }: ExecResult): TaskResult => ({
  code,
  stdout: stdout.toString('utf8'),
  stderr: stderr.toString('utf8'),
  changed: true,
})

/** What an action without a command of its own gives. */
export const plainResult = (changed: boolean, stdout = ''): TaskResult => ({ code: 0, stdout, stderr: '', changed })
