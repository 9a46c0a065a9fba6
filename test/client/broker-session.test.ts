import { PassThrough } from 'node:stream'
import * as assert from 'uvu/assert'
import { openBrokerSession } from '../../src/client/broker-session.ts'
import { lastingSession } from '../../src/client/lasting-session.ts'
import type { HostConnection } from '../../src/transport/transport.ts'
import type { JsonMessage } from '../../src/wire/json-lines.ts'
import { refusal, until } from '../fixtures/processes.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('client/broker-session')

type Answer = (message: JsonMessage) => object | undefined

/** A host whose broker answers like this; `end` ends the program, with what it says last. */
function hostThat(answer: Answer) {
  const heard: JsonMessage[] = []
  let end: (words?: string) => void = () => undefined
  let say: (message: object) => void = () => undefined
  const spawn = async () => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    say = message => stdout.write(`${JSON.stringify(message)}\n`)
    stdin.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trim().split('\n')) {
        const message = JSON.parse(line) as JsonMessage
        heard.push(message)
        const answered = answer(message)
        if (answered !== undefined) say({ v: 1, id: message['id'], ...answered })
      }
    })
    const ended = new Promise<{ code: number; signal: undefined }>(resolve => {
      end = words => {
        if (words !== undefined) stderr.write(words)
        setImmediate(() => resolve({ code: 1, signal: undefined }))
      }
    })
    return { stdin, stdout, stderr, ended, exited: ended, close: () => end() }
  }
  const connection = { name: 'A', spawn } as unknown as HostConnection
  return { connection, heard, end: (words?: string) => end(words), say: (message: object) => say(message) }
}

const welcome = { ok: true, endpoint: 'a', epoch: 1 }
const polite: Answer = ({ op }) => (op === 'hello' ? welcome : op === 'time' ? { ok: true, now: 5 } : { ok: true })
const limits = { answerMs: 300, welcomeMs: 300, beatMs: 40 }
const open = (host: ReturnType<typeof hostThat>) =>
  openBrokerSession(host.connection, new AbortController().signal, { limits })

test('answers find their questions in whatever order they come, and a heart beats meanwhile', async () => {
  const later: (() => void)[] = []
  const host = hostThat(message => {
    if (message['op'] !== 'time') return polite(message)
    later.push(() => host.say({ v: 1, id: message['id'], ok: true, now: later.length }))
    return undefined
  })
  const session = await open(host)
  assert.is(session.welcome.endpoint, 'a')
  const [first, second] = [session.ask('time', {}), session.ask('time', {})]
  await until(() => later.length === 2)
  later[1]?.()
  assert.is(((await second) as { now?: number }).now, 2)
  later.push(() => undefined)
  later[0]?.()
  assert.is(((await first) as { now?: number }).now, 3)
  await until(() => host.heard.filter(({ op }) => op === 'beat').length > 1)
  session.close()
})

test('what is told of reservations goes to whoever listens', async () => {
  const host = hostThat(polite)
  const session = await open(host)
  const states: string[] = []
  session.onChange(({ state }) => states.push(state))
  host.say({ v: 1, event: 'changed', reservation: { rid: 'r1', state: 'armed' } })
  await until(() => states.length > 0)
  assert.equal(states, ['armed'])
  session.close()
})

test('silence has a deadline, also that of a broker that never says hello', async () => {
  const silent = await refusal(open(hostThat(() => undefined)))
  assert.equal(
    [silent.code, silent.message],
    ['HOST_BROKER', 'lockstep-broker of A is not to be spoken to: it did not answer within 0.3 s'],
  )
  const session = await open(hostThat(({ op }) => (op === 'hello' ? welcome : undefined)))
  assert.is((await refusal(session.ask('time', {}))).code, 'WIRE_DEADLINE')
  session.close()
})

test('a login that gets something else is told what that said', async () => {
  const host = hostThat(() => undefined)
  const opening = refusal(open(host))
  await until(() => host.heard.length > 0)
  host.end('This account is currently not available.\n')
  const { code, message, hint } = await opening
  assert.is(code, 'HOST_BROKER')
  assert.match(message, /This account is currently not available\.$/)
  assert.match(hint ?? '', /lockstep_user/)
})

test('whom the broker does not know is told the key that it saw', async () => {
  const data = { fingerprint: 'SHA256:abc' }
  const refused = hostThat(() => ({ ok: false, code: 'IDENTITY_UNKNOWN', detail: 'no identity has this key', data }))
  const { code, message, hint } = await refusal(open(refused))
  assert.equal(
    [code, message, hint],
    ['BOOK_REFUSED', 'A refuses: no identity has this key [IDENTITY_UNKNOWN]', 'the key that was shown is SHA256:abc'],
  )
})

test('a conversation that breaks off is lost, and so is what was asked; a line that is no message breaks it off', async () => {
  const host = hostThat(({ op }) => (op === 'hello' ? welcome : undefined))
  const session = await open(host)
  const asked = refusal(session.ask('time', {}))
  host.say('no object' as unknown as object)
  assert.is((await asked).code, 'WIRE_LINE')
  assert.ok(session.lost.aborted)
  assert.is((await refusal(session.ask('time', {}))).code, 'WIRE_LINE')
})

test('a lasting conversation is begun anew, and takes its groups up again', async () => {
  const hosts = [hostThat(polite), hostThat(polite)]
  const opened: number[] = []
  const begin = async () => {
    const next = hosts[opened.push(1) - 1]
    if (next === undefined) throw new Error('there is no third')
    return open(next)
  }
  const session = lastingSession(await begin(), { open: begin, patienceMs: 400 })
  session.keep('g1')
  await session.ask('watch', {})
  const states: string[] = []
  session.onChange(({ state }) => states.push(state))
  hosts[0]?.end()
  await until(() => hosts[1]?.heard.some(({ op }) => op === 'watch') === true)
  assert.equal(
    hosts[1]?.heard.filter(({ op }) => op !== 'beat').map(({ op, gid }) => [op, gid]),
    [
      ['hello', undefined],
      ['attach', 'g1'],
      ['watch', undefined],
    ],
  )
  hosts[1]?.say({ v: 1, event: 'changed', reservation: { rid: 'r1', state: 'done' } })
  await until(() => states.length > 0)
  assert.not.ok(session.lost.aborted)
  // Nobody comes back.
  hosts[1]?.end('gone for good\n')
  await until(() => session.lost.aborted)
  assert.match(String(session.lost.reason), /gone for good/)
  session.close()
})

test.run()
