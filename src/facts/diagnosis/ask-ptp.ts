import { readPhcCompare } from '../../sync/pmc-answers.ts'
import { ptpStateQuestions, readPtpState } from '../../sync/ptp-state.ts'
import { type ClockProgram, setting, socketOf } from '../clock-programs.ts'
import type { Patient } from './finding.ts'

/** `$1` is the interface, `$2` the socket of ptp4l; pmc's own end is a socket too, and needs a place. Behind them pmc's words. */
const script = `PATH="$PATH:/usr/sbin:/sbin"
own=$(mktemp -d) || exit
device=$1 socket=$2
shift 2
pmc -u -b 0 -i "$own/pmc" -s "$socket" "$@" 2>&1
rm -rf "$own"
phc_ctl -q "$device" cmp`

/** The command that asks a running ptp4l, and compares its PHC with the system clock. */
export const askPtp = (program: ClockProgram, device: string): readonly string[] => [
  ...['sh', '-c', script, 'sh', device, socketOf(program) ?? ''],
  // ptp4l answers to its own domain only.
  ...['-d', setting('domainNumber', program) ?? '0', '-t', setting('transportSpecific', program) ?? '0'],
  ...ptpStateQuestions,
]

export const readPtp = (output: string): Pick<Patient, 'ptp' | 'systemMinusPhc'> => ({
  ptp: readPtpState(output) ?? 'silent',
  systemMinusPhc: readPhcCompare(output),
})
