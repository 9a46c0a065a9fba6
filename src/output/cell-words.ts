import type { EventOf } from '../runner/events.ts'

/** `cell 3 of 45: parallel=2@1` */
export const cellOf = ({ number, of, cell }: Pick<EventOf<'cell_started'>, 'number' | 'of' | 'cell'>) =>
  `cell ${number} of ${of}: ${cell}`
