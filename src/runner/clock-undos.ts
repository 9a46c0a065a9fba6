import { setTaiOffset } from '../facts/kernel-clock.ts'
import type { Play } from '../playbook/play.ts'
import type { RunContext } from './context.ts'
import { isIsochron } from './flow-tools.ts'
import type { HostSession } from './host-session.ts'
import { allOf } from './patience.ts'

/** Whether something of the run may change a host's clocks: whoever keeps them, isochron, a capture by the card's clock, a stranger. */
export const mayChangeClocks = ({ sync, flows, captures }: Play): boolean =>
  sync !== undefined || captures.length > 0 || flows.some(flow => isIsochron(flow) || flow.tool === 'command')

/**
 * Tells every host what to put back at the end, whatever becomes of the controller: the hardware timestamping mode that
 * ptp4l and isochron change, and the kernel's TAI offset that isochron sets.
 */
export async function registerUndos(sessions: Iterable<HostSession>, { emit }: RunContext): Promise<void> {
  await allOf(
    [...sessions].flatMap(session => {
      const { hardwareTimestampMode: mode, kernelClock } = session.facts
      const undos: Promise<void>[] = []
      if (mode !== undefined) {
        const argv = ['hwstamp_ctl', '-i', session.interface, '-t', String(mode.txType), '-r', String(mode.rxFilter)]
        undos.push(session.undo('hwtstamp', argv))
      } else if (session.interface !== '') emit({ kind: 'warning', host: session.name, message: unknownMode })
      if (kernelClock !== undefined) undos.push(session.undo('tai', setTaiOffset(kernelClock.taiOffset)))
      else
        emit({
          kind: 'warning',
          host: session.name,
          message: unknownTaiOffset,
          hint: 'perl reads and sets it; install perl-base there',
        })
      return undos
    }),
  )
}

const unknownTaiOffset = 'the TAI offset of the kernel cannot be read, so it will not be put back'
const unknownMode = 'the hardware timestamping mode cannot be read (hwstamp_ctl), so it will not be put back'
