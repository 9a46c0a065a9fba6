import { type ClockProgram, hasFlag, interfacesOf, optionValues, setting } from './clock-programs.ts'

/** What we are about to steer on a host. */
export interface Steered {
  readonly interface: string
  /** PHC index by interface: two interfaces may share one clock. */
  readonly phcs: ReadonlyMap<string, number>
  readonly ptp4l: boolean
  readonly phc2sys: boolean
}

export interface Conflict {
  readonly program: ClockProgram
  readonly clock: 'phc' | 'system'
  /** In words. */
  readonly why: string
}

/** The programs that steer a clock which we would steer too. */
export const conflicts = (running: readonly ClockProgram[], ours: Steered): Conflict[] =>
  running.flatMap(program => {
    const conflict = phcConflict(program, ours) ?? systemConflict(program, ours)
    return conflict === undefined ? [] : [{ program, ...conflict }]
  })

type Found = Omit<Conflict, 'program'>

/** Whoever steers the PHC of our interface, perhaps through another interface of the same card. */
function phcConflict(program: ClockProgram, ours: Steered): Found | undefined {
  if (!ours.ptp4l && !ours.phc2sys) return undefined
  const steered = steeredPhcs(program).find(name => name === ours.interface || isSameClock(name, ours))
  if (steered === undefined) return undefined
  if (program.program !== 'ptp4l') return { clock: 'phc', why: `it steers the PHC of ${ours.interface}` }
  if (steered === ours.interface) return { clock: 'phc', why: `it runs PTP on ${ours.interface}` }
  if (isFreeRunning(program)) return undefined
  return { clock: 'phc', why: `it steers the PHC that ${steered} shares with ${ours.interface}` }
}

/** Interfaces or devices whose PHC a program steers; phc2sys(8), ts2phc(8): -c names the clock that follows. */
function steeredPhcs(program: ClockProgram): string[] {
  if (program.program === 'ptp4l') return [...interfacesOf(program)]
  return program.program === 'phc2sys' || program.program === 'ts2phc' ? optionValues(program.argv, 'c') : []
}

function isSameClock(name: string, { interface: device, phcs }: Steered): boolean {
  const ours = phcs.get(device)
  return ours !== undefined && (phcs.get(name) === ours || name === `/dev/ptp${ours}`)
}

/** Our phc2sys steers the system clock, so nobody else may. */
function systemConflict(program: ClockProgram, ours: Steered): Found | undefined {
  if (!ours.phc2sys) return undefined
  const why = systemSteering(program)
  return why === undefined ? undefined : { clock: 'system', why }
}

/** Whether a running program steers the system clock. */
export const steersSystem = (program: ClockProgram): boolean => systemSteering(program) !== undefined

function systemSteering(program: ClockProgram): string | undefined {
  const steers = 'it steers the system clock'
  switch (program.program) {
    case 'ptp4l': {
      const software = hasFlag(program, 'S') || setting('time_stamping', program) === 'software'
      return software && !isFreeRunning(program) ? `${steers} (software time stamping)` : undefined
    }
    case 'phc2sys': {
      // It hands the time to an NTP daemon, which steers.
      if (optionValues(program.argv, 'E').includes('ntpshm') || setting('clock_servo', program) === 'ntpshm')
        return undefined
      // -a follows ptp4l and steers the system clock only with -r; otherwise -c says what is steered, the system clock by default.
      if (hasFlag(program, 'a')) return hasFlag(program, 'r') ? steers : undefined
      const targets = optionValues(program.argv, 'c')
      return targets.length === 0 || targets.includes('CLOCK_REALTIME') ? steers : undefined
    }
    case 'ts2phc':
    // It starts programs that do, which are seen themselves.
    case 'timemaster':
      return undefined
    case 'chronyd':
      // chronyd(8): -x leaves the system clock alone.
      return program.argv.includes('-x') ? undefined : steers
    default:
      return steers
  }
}

const isFreeRunning = (program: ClockProgram): boolean => setting('free_running', program) === '1'
