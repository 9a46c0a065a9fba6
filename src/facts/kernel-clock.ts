import { type Fact, integer } from './fact.ts'

/** The kernel's view of its clock: adjtimex(2). */
export interface KernelClock {
  /** TAI minus UTC in whole seconds; 0 until somebody sets it. */
  readonly taiOffset: number
  /** Frequency offset in units of 2^-16 ppm. */
  readonly frequency: number
}

/**
 * struct timex has no command of its own in a base system, so perl asks: 208 bytes on 64-bit Linux, `freq` at 16, `tai` at
 * 160, `constant` (the argument of ADJ_TAI) at 48. The system call has another number on each architecture.
 */
const callNumber = (machine: string) => `case "${machine}" in x86_64) n=159 ;; aarch64|riscv64) n=171 ;; *) n= ;; esac`

export const kernelClock: Fact<KernelClock> = {
  name: 'kernel_clock',
  ask: `${callNumber(`\${system##* }`)}; [ -n "$n" ] && perl -e '$t = "\\0" x 208; exit 1 if syscall(shift, $t) < 0; print unpack("x160 l", $t), " ", unpack("x16 q", $t), "\\n"' "$n"`,
  read: output => {
    const [tai, frequency] = output.trim().split(' ').map(integer)
    return tai === undefined || frequency === undefined ? undefined : { taiOffset: tai, frequency }
  },
}

/** `status`, `offset` and `maxerror` of adjtimex(2) in one line: at 40, 8 and 24. Needs what `kernelClock` needs. */
export const kernelStanding = `${callNumber('$(uname -m)')}; exec perl -e '$t = "\\0" x 208; exit 1 if syscall(shift, $t) < 0; print join(" ", unpack("x40 l", $t), unpack("x8 q", $t), unpack("x24 q", $t)), "\\n"' "$n"`

/** The command that sets the kernel's TAI offset (ADJ_TAI = 0x80). Needs CAP_SYS_TIME and what `kernelClock` needs. */
export const setTaiOffset = (seconds: number): readonly string[] => [
  'sh',
  '-c',
  `${callNumber('$(uname -m)')}; exec perl -e '$t = pack("L x44 q x152", 0x80, $ARGV[1]); exit(syscall($ARGV[0], $t) < 0)' "$n" "$1"`,
  'sh',
  String(seconds),
]
