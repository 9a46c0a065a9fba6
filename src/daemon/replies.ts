import { receiptOf } from '../book/agreement.ts'
import { available } from '../book/avail.ts'
import { entriesOf, entryOf } from '../book/book.ts'
import { type Entry, isLive } from '../book/entry.ts'
import { type Asker, classOf, quotaLevels, staticFault } from '../book/judge.ts'
import { pathOf } from '../book/limits.ts'
import { type Reason, reason } from '../book/reasons.ts'
import { isGranted } from '../book/requests.ts'
import { usualHold } from '../book/timers.ts'
import { leadFor, leadLeft } from '../book/window.ts'
import { moment } from '../units/micros.ts'
import { parseNet } from '../units/net.ts'
import type { BookRequest, Op } from '../wire/book-messages.ts'
import type { DeskSettings, Session } from './desk.ts'
import { type Details, detailsOf, isTest } from './details.ts'
import { linkFault } from './link-fault.ts'
import type { Pause } from './pause-file.ts'
import { readResult } from './result-reply.ts'
import { busyOf, viewOf } from './views.ts'
import { askAt, isReason, type Wanted, type Wished, wanted } from './wish.ts'

/** What answers need. */
export interface Office extends DeskSettings {
  readonly pause: Pause | undefined
  /** Kept before it takes effect. */
  setPause(pause: Pause | undefined): Promise<void>
  /** What an identity has in the book that is not over. */
  ownOf(identity: string): readonly Entry[]
}

type Reply = Readonly<Record<string, unknown>> | Reason
/** No answer has both. */
export const isRefused = (reply: Reply): reply is Reason => 'code' in reply && 'data' in reply

type Replies = {
  readonly [O in Op]: (request: BookRequest<O>, session: Session, office: Office) => Reply | Promise<Reply>
}

export const replyTo = (request: BookRequest, session: Session, office: Office): Reply | Promise<Reply> =>
  (replies[request.op] as (request: BookRequest, session: Session, office: Office) => Reply | Promise<Reply>)(
    request,
    session,
    office,
  )

const replies: Replies = {
  hello: (_, { asker }, office) => hello(asker, office),
  beat: () => ({}),
  time: (_, __, { clock }) => ({ now: clock.now().utc }),
  avail: (request, session, office) => {
    const { clock, store } = office
    const want = wantedBy(request, office)
    if (isReason(want)) return want
    const lead = leadFor(request.roundTrip)
    const wish = { duration: request.duration, margins: want.margins, claims: want.claims, within: request.within }
    const found = available(store.book, wish, request.when, clock.now(), lead)
    const fault = staticFault(office.rules(), askerOf(session), askAt(want, moment(found.asked.from)), clock.now().utc)
    return fault ?? { ...found }
  },
  hold: async (request, session, office) => {
    const { clock, rules } = office
    const refused = pausedBy(office) ?? localFault(session) ?? (await diskFault(office))
    if (refused !== undefined) return refused
    const want = wantedBy(request, office)
    if (isReason(want)) return want
    const asker = askerOf(session)
    const now = clock.now().utc
    const fault = staticFault(rules(), asker, askAt(want, request.start), now)
    const own = classOf(rules(), asker)
    if (fault !== undefined || own === undefined) return fault ?? reason('CLASS_DENIED')
    const { op, id, rid, gid, start, duration, within, spec, peers } = request
    const details: Details = { spec, peers }
    const decision = await office.transitions.ask({
      ...{ op, id, rid, gid, start, duration, within, identity: asker.identity, class: own.name, kind: want.kind },
      ...{ block: want.block, claims: want.claims, margins: want.margins, lead: leadLeft(leadFor(request.roundTrip)) },
      ...{ holdFor: request.holdFor ?? usualHold, levels: quotaLevels(rules(), asker, own, now), details },
    })
    if (!isGranted(decision)) return decision.denied
    const { granted } = decision
    session.holds.add(rid)
    const lapsesIn = granted.lapsesAt === undefined ? 0 : granted.lapsesAt - clock.now().mono
    return { receipt: receiptOf(granted), lapsesIn, clockError: clock.error().bound }
  },
  confirm: async (request, session, office) => {
    const asker = askerOf(session)
    const known = entryOf(office.store.book, request.rid)
    const refused = localFault(session) ?? confirmFault(request, known, session, office)
    if (refused !== undefined) return refused
    const own = classOf(office.rules(), asker)
    if (own === undefined) return reason('CLASS_DENIED')
    const { op, id, rid, agreement, digest, onDisconnect, self, key, links, ports, maxOffset } = request
    const group = {
      ...{ self, members: agreement.members, ...(key && { key }), ...(links && { links }), ...(ports && { ports }) },
      ...(maxOffset === undefined ? {} : { maxOffset }),
    }
    const held = known === undefined ? undefined : detailsOf(known)
    const decision = await office.transitions.ask({
      ...{ op, id, rid, identity: asker.identity, agreement, digest, onDisconnect, details: { ...held, group } },
      levels: quotaLevels(office.rules(), asker, own, office.clock.now().utc),
    })
    if (!isGranted(decision)) return decision.denied
    session.holds.delete(rid)
    session.groups.add(agreement.gid)
    return { reservation: viewOf(decision.granted) }
  },
  release: async ({ op, id, rid }, session, { transitions }) => {
    const decision = await transitions.ask({ op, id, rid, identity: session.asker.identity })
    session.holds.delete(rid)
    return isGranted(decision) ? { reservation: viewOf(decision.granted) } : decision.denied
  },
  cancel: async ({ op, id, rid }, session, office) => {
    const { identity } = session.asker
    const decision = await office.transitions.ask({ op, id, rid, identity, admin: isAdmin(session, office) })
    return isGranted(decision) ? { reservation: viewOf(decision.granted) } : decision.denied
  },
  status: ({ rid }, session, office) => {
    const entry = ownEntry(rid, session, office)
    return 'code' in entry ? entry : { reservation: viewOf(entry) }
  },
  list: ({ from, to }, session, office) => {
    office.transitions.sweep()
    const all = entriesOf(office.store.book).filter(
      ({ window }) => (from === undefined || window.to > from) && (to === undefined || window.from < to),
    )
    const isOwn = (entry: Entry) => entry.identity === session.asker.identity || isAdmin(session, office)
    const newest = all.filter(isOwn).sort((a, b) => b.start - a.start)
    return {
      reservations: newest.slice(0, mostListed).map(viewOf),
      busy: all
        .filter(entry => isLive(entry) && !isOwn(entry))
        .slice(0, mostListed)
        .map(busyOf),
    }
  },
  watch: ({ rids }, session) => {
    session.watching = rids === undefined ? 'own' : new Set(rids)
    return {}
  },
  attach: ({ gid }, session, office) => {
    const own = office.ownOf(session.asker.identity).filter(each => each.gid === gid)
    if (own.length === 0) return reason('NOT_HELD', { epoch: office.store.book.epoch })
    session.groups.add(gid)
    return { reservations: own.map(viewOf) }
  },
  results: async ({ rid, file, offset, copies }, session, office) => {
    const entry = ownEntry(rid, session, office)
    return 'code' in entry ? entry : readResult(copies ? office.copies : office.results, rid, file, offset ?? 0)
  },
  admin: async ({ do: what, until }, session, office) => {
    if (!isAdmin(session, office)) return reason('NOT_OWNER')
    const by = session.asker.identity
    if (what === 'reload') await office.reload()
    else
      await office.setPause(
        what === 'resume' ? undefined : { code: what === 'pause' ? 'PAUSED' : 'DRAINING', by, until },
      )
    office.log('notice', 'steered', { identity: by, op: what })
    return { live: entriesOf(office.store.book).filter(isLive).length }
  },
}

/** They have to fit into a line. */
const mostListed = 64

function hello(asker: Session['asker'], office: Office): Reply {
  const { endpoint, store, clock, rules, pause } = office
  const own = classOf(rules(), { identity: asker.identity, address: netOf(asker.address) })
  const limits = own === undefined ? {} : limitsOf(pathOf(rules(), own.name))
  return {
    ...{ endpoint, epoch: store.book.epoch, identity: asker.identity, class: own?.name ?? null, limits },
    admin: asker.local === true || rules().identities[asker.identity]?.admin === true,
    kinds: Object.fromEntries(Object.entries(rules().kinds).map(([name, { profiles }]) => [name, profiles])),
    resources: Object.keys(rules().resources),
    interfaces: interfacesOf(office),
    clock: { now: clock.now().utc, error: clock.error().bound, source: clock.error().source },
    features: ['blocks', 'groups', 'results', 'watch'],
    peerPort: office.peerPort,
    paused: pause?.code ?? null,
  }
}

/** Of those that can be claimed: what else the host has is nobody's business. */
const interfacesOf = ({ rules, addressesOf }: Office) =>
  Object.fromEntries(
    Object.keys(rules().resources)
      .filter(name => name.startsWith('nic:'))
      .map(name => [name.slice(4), addressesOf(name.slice(4))]),
  )

/** The nearest word of each limit, from the class upwards. */
const limitsOf = (path: ReturnType<typeof pathOf>) =>
  Object.assign(
    {},
    ...path.toReversed().map(({ limits }) =>
      Object.fromEntries(
        Object.entries(limits)
          .filter(([name]) => name !== 'peers')
          .map(([name, { value }]) => [name, value]),
      ),
    ),
  ) as Readonly<Record<string, unknown>>

const netOf = (address: string | undefined) => (address === undefined ? undefined : parseNet(address))
const askerOf = ({ asker }: Session): Asker => ({ identity: asker.identity, address: netOf(asker.address) })
const localFault = ({ asker }: Session) => (asker.local === true ? reason('CLASS_DENIED') : undefined)

const isAdmin = ({ asker }: Session, { rules }: Office): boolean =>
  asker.local === true || rules().identities[asker.identity]?.admin === true

const pausedBy = ({ pause }: Office): Reason | undefined =>
  pause && reason(pause.code, { by: pause.by, ...(pause.until === undefined ? {} : { until: pause.until }) })

/** It would only fail when it is started. */
const diskFault = ({ results }: Office): Promise<Reason | undefined> =>
  results.room().then(
    () => undefined,
    () => reason('RESOURCE', { resource: 'disk' }),
  )

const wantedBy = (wished: Wished, { rules, clock, addressesOf }: Office): Wanted | Reason =>
  wanted(wished, { rules: rules(), clock: clock.error(), addressesOf })

function confirmFault(
  { agreement, onDisconnect, rid, self, ports, key, links }: BookRequest<'confirm'>,
  known: Entry | undefined,
  session: Session,
  office: Office,
): Reason | undefined {
  if (agreement.members[self]?.rid !== rid)
    return reason('BAD_REQUEST', { field: 'self', why: 'is not the member of this rid' })
  if (known === undefined) return undefined
  const { spec, peers } = detailsOf(known)
  const unlinked = linkFault({ members: Object.keys(agreement.members), self, key, links }, { spec, peers })
  if (unlinked !== undefined) return unlinked
  const want = wantedBy({ spec, duration: known.duration, peers }, office)
  if (isReason(want)) return want
  if (isTest(spec) && spec.role === 'sender' && (ports?.length ?? 0) < want.ports)
    return reason('BAD_REQUEST', { field: 'ports', why: 'are those of the receiver, which the sender needs' })
  if (onDisconnect !== 'continue') return undefined
  const ask = { ...askAt(want, known.start), on_disconnect_continue: true }
  return staticFault(office.rules(), askerOf(session), ask, office.clock.now().utc)
}

function ownEntry(rid: string, session: Session, office: Office): Entry | Reason {
  office.transitions.sweep()
  const entry = entryOf(office.store.book, rid)
  if (entry === undefined) return reason('NOT_HELD', { epoch: office.store.book.epoch })
  return entry.identity === session.asker.identity || isAdmin(session, office) ? entry : reason('NOT_OWNER')
}
