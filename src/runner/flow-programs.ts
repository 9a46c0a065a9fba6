import type { Flow } from '../playbook/play.ts'
import { launch } from '../tools/launcher.ts'
import type { FlowSite, TrafficTool } from '../tools/traffic-tool.ts'
import { toMs } from '../units/quantity.ts'
import type { ProcessSpec } from './process-spec.ts'

/** How long a receiver may take to get ready, and a launcher to wait. */
const readyMs = 10_000

export const senderProcess = (flow: Pick<Flow, 'senderName'>) => `snd-${flow.senderName}`
export const flowReceiverProcess = (flow: Pick<Flow, 'receiverName'>) => `rcv-${flow.receiverName}`

/** Where the standard output of an end goes on its host: the log holds what it says on stderr. */
export const outputFile = (
  folder: string,
  flow: Pick<Flow, 'senderName' | 'receiverName'>,
  end: 'sender' | 'receiver',
) => `${folder}/${end === 'sender' ? flow.senderName : flow.receiverName}.${end}.out`

/** The receiving end of a flow; undefined when nothing is started there. */
export function flowReceiverSpec(flow: Flow, tool: TrafficTool, site: FlowSite): ProcessSpec | undefined {
  const plan = tool.receiver(site)
  if (plan === undefined) return undefined
  const file = outputFile(site.folder, flow, 'receiver')
  const { ready, readyWithin } = plan
  return {
    name: flowReceiverProcess(flow),
    argv: !plan.keepsOutput
      ? plan.argv
      : ready.kind === 'log'
        ? loggingOutput(plan.argv, file)
        : keepingOutput(plan.argv, file),
    shown: plan.argv,
    ready:
      ready.kind === 'listening'
        ? { kind: 'listening', port: ready.port, ...(ready.protocol === 'udp' ? { protocol: ready.protocol } : {}) }
        : ready,
    readyWithinMs: readyWithin === undefined ? readyMs : toMs(readyWithin),
    finite: true,
  }
}

/** In the run's folder on each host that sends: the common start that it was told last. */
export const startFile = 'start'

/** The sending end, held by the launcher until the start of this name is told. */
export function senderSpec(
  flow: Flow,
  tool: TrafficTool,
  site: FlowSite,
  { start, byPerl }: { readonly start: string; readonly byPerl: boolean },
): ProcessSpec {
  const { argv, start: begins } = tool.sender({ ...site, startAt: 'told' })
  const at = { file: `${site.folder}/${startFile}`, word: start }
  const mode = begins === 'own' ? 'own' : 'held'
  return {
    name: senderProcess(flow),
    argv: launch(argv, { at, mode, byPerl, outputFile: outputFile(site.folder, flow, 'sender') }),
    ...(byPerl ? { leads: true } : {}),
    shown: argv,
    ready: { kind: 'held' },
    readyWithinMs: readyMs,
    finite: true,
  }
}

/** Its words stand below a line of ours, as the launcher's do. */
const keepingOutput = (argv: readonly string[], file: string) => [
  'sh',
  '-c',
  'file=$1; shift; echo "@launcher started" >&2; exec "$@" >"$file"',
  'lockstep-output',
  file,
  ...argv,
]

/** Of one whose log is waited on: a second process copies into it what goes into the file, until the last of it is written. */
const loggingOutput = (argv: readonly string[], file: string) => [
  'sh',
  '-c',
  [
    'file=$1; shift; echo "@launcher started" >&2',
    'rm -f "$file.pipe"; mkfifo "$file.pipe" || exit',
    '(trap "" HUP INT TERM; exec tee "$file" <"$file.pipe" >&2) &',
    'exec "$@" >"$file.pipe"',
  ].join('\n'),
  'lockstep-output',
  file,
  ...argv,
]

/** What the last program of a log said: the log goes on from attempt to attempt. */
export function lastOfLog(log: string): string {
  const begin = Math.max(log.lastIndexOf('@launcher ready '), log.lastIndexOf('@launcher started\n'))
  return begin === -1 ? log : log.slice(begin)
}
