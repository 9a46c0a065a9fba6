import { type Asker, staticFault } from '../book/judge.ts'
import type { Rules } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import type { Moment } from '../units/micros.ts'
import type { BookRequest } from '../wire/book-messages.ts'
import { askOf } from './ask.ts'
import type { Caller } from './who.ts'

/** What keeps a request from lockstepd: only what the rules alone can say. Undefined: it may ask. */
export function faultIn(
  request: BookRequest,
  { rules, caller, address }: { readonly rules: Rules; readonly caller: Caller; readonly address: Asker['address'] },
  now: Moment,
): Reason | undefined {
  const asker = { identity: caller.identity, address }
  switch (request.op) {
    case 'avail':
    case 'hold':
      return unknownKind(request, rules) ?? staticFault(rules, asker, askOf(request, now), now)
    case 'admin':
      return caller.admin ? undefined : reason('CLASS_DENIED', { class: caller.class.name })
    default:
      return undefined
  }
}

function unknownKind({ spec }: BookRequest<'avail' | 'hold'>, { kinds }: Rules): Reason | undefined {
  if (!('kind' in spec)) return undefined
  const kind = Object.hasOwn(kinds, spec.kind) ? kinds[spec.kind] : undefined
  if (kind === undefined) return reason('UNSUPPORTED', { kind: spec.kind, supported: Object.keys(kinds) })
  if (kind.profiles.includes(spec.profile)) return undefined
  return reason('UNSUPPORTED', { profile: spec.profile, supported: kind.profiles })
}
