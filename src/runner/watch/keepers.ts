import { type ClockProgram, interfacesOf, setting, socketOf } from '../../facts/clock-programs.ts'
import { kernelStanding } from '../../facts/kernel-clock.ts'
import { chronyQuestion, readTracking } from '../../sync/chrony-answer.ts'
import { readStanding } from '../../sync/kernel-answer.ts'
import { lookQuestions, readLook } from '../../sync/ptp-look.ts'
import type { SyncReading } from '../../sync/reading.ts'

/** Who keeps a clock of a host, and how that is asked for. */
export interface Keeper {
  /** `ptp4l eth0`, `chronyd`; what a row is called beside its host. */
  readonly name: string
  readonly source: 'pmc' | 'chrony' | 'kernel'
  /** One command; it prints the carrier of `device` first, where there is one. */
  readonly argv: readonly string[]
  readonly read: (output: string) => Partial<SyncReading>
}

const carrier = 'PATH="$PATH:/usr/sbin:/sbin"\n[ -z "$1" ] || cat "/sys/class/net/$1/carrier" 2>/dev/null\n'

/** `$1` is the interface, `$2` the socket of ptp4l; pmc's own end is a socket too. Behind them pmc's words. */
const askPtp4l = `${carrier}own=$(mktemp -d) || exit
device=$1 socket=$2
shift 2
pmc -u -b 0 -i "$own/pmc" -s "$socket" "$@" 2>&1
rm -rf "$own"
# It tells the frequency on stderr.
[ -z "$device" ] || phc_ctl -q "$device" cmp freq 2>&1`

/** Every ptp4l of a host, and the NTP daemon that keeps its system clock; where there is none of them, the kernel. */
export function keepersOf(programs: readonly ClockProgram[], device: string): readonly Keeper[] {
  const ptp4ls = programs.filter(({ program }) => program === 'ptp4l').map(ptpKeeper)
  const ntp = programs.find(({ program }) => ['chronyd', 'systemd-timesyncd', 'ntpd', 'openntpd'].includes(program))
  const others = ntp === undefined ? [] : [ntpKeeper(ntp.program, device)]
  const all = [...ptp4ls, ...others]
  return all.length > 0
    ? all
    : [kernelKeeper('nobody', device, output => withoutKeeper(readStanding(output, 'the kernel')))]
}

function ptpKeeper(program: ClockProgram): Keeper {
  const [device = ''] = interfacesOf(program)
  // ptp4l answers to its own domain only.
  const words = ['-d', setting('domainNumber', program) ?? '0', '-t', setting('transportSpecific', program) ?? '0']
  return {
    name: `ptp4l ${device}`.trim(),
    source: 'pmc',
    argv: ['sh', '-c', askPtp4l, 'sh', device, socketOf(program) ?? '', ...words, ...lookQuestions],
    read: readLook,
  }
}

const ntpKeeper = (name: string, device: string): Keeper =>
  name === 'chronyd'
    ? {
        ...{ name, source: 'chrony', read: readTracking },
        argv: ['sh', '-c', `${carrier}exec ${chronyQuestion.join(' ')} 2>&1`, 'sh', device],
      }
    : kernelKeeper(name, device, output => readStanding(output, name))

const kernelKeeper = (name: string, device: string, read: Keeper['read']): Keeper => ({
  ...{ name, source: 'kernel', read },
  argv: ['sh', '-c', `${carrier}${kernelStanding}`, 'sh', device],
})

/** Somebody whom we cannot see may keep it: a hypervisor, a daemon of another namespace. */
const withoutKeeper = (standing: ReturnType<typeof readStanding>): Partial<SyncReading> =>
  standing.failures === undefined ? standing : { failures: ['nobody keeps it'] }
