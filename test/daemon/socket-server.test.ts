import { once } from 'node:events'
import { chmod, chown, lstat, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import type { Peer } from '../../src/daemon/peer.ts'
import { listenOn, type ServerLimits, type SocketServer } from '../../src/daemon/socket-server.ts'
import type { LockstepError } from '../../src/errors/error.ts'
import { refusal, until } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'
import { needsRoot, stranger } from '../fixtures/test-processes.ts'
import { withVictims } from '../fixtures/victim.ts'

const test = suite('the socket')

const generous: ServerLimits = {
  ...{ maxLine: 1_000, helloMs: 20_000, silenceMs: 20_000, writeMs: 20_000, connections: 10, halfOpen: 10 },
}
const full = { ok: false, code: 'RESOURCE', detail: 'too many connections' }

interface Rig {
  readonly path: string
  readonly faults: Error[]
  client(): Promise<Client>
}

interface Client {
  readonly socket: Socket
  write(text: string): void
  /** The next line; undefined at the end. */
  line(): Promise<string | undefined>
}

const echo = async (peer: Peer) => {
  for await (const message of peer.messages) await peer.send({ heard: message })
}

/** A server in a folder of its own, closed afterwards. */
const withServer = (use: (rig: Rig) => Promise<void>, limits: Partial<ServerLimits> = {}, serve = echo) =>
  withFolder(async folder => {
    const path = join(folder, 'book.sock')
    const faults: Error[] = []
    const fault = (error: Error) => faults.push(error)
    const server = await listenOn({ path, group: undefined, limits: { ...generous, ...limits }, full, serve, fault })
    const sockets: Socket[] = []
    const client = async () => {
      const socket = connect({ path, allowHalfOpen: true })
      sockets.push(socket)
      await once(socket, 'connect')
      return clientOver(socket)
    }
    try {
      await use({ path, faults, client })
    } finally {
      for (const socket of sockets) socket.destroy()
      await server.close()
    }
    assert.equal(await readdir(folder), [])
  })

function clientOver(socket: Socket): Client {
  socket.on('error', () => undefined)
  const lines = createInterface(socket)[Symbol.asyncIterator]()
  return {
    socket,
    write: text => socket.write(text),
    line: async () => {
      // Writing to an end that is closed is an end as well.
      const { value, done } = await lines.next().catch(() => ({ value: undefined, done: true }))
      return done === true ? undefined : value
    },
  }
}

const codes = (faults: readonly Error[]) => faults.map(error => (error as LockstepError).code)

test('messages are answered in order, however they are cut, until the client is done', () =>
  withServer(async ({ client, faults }) => {
    const { write, line, socket } = await client()
    write('{"a":1}\n{"b"')
    assert.is(await line(), '{"heard":{"a":1}}')
    write(':"ä"}\n{"c":3}\n')
    assert.is(await line(), '{"heard":{"b":"ä"}}')
    socket.end()
    assert.is(await line(), '{"heard":{"c":3}}')
    assert.is(await line(), undefined)
    assert.equal(faults, [])
  }))

for (const [what, text] of [
  ['a line that is no JSON', 'GET / HTTP/1.1\r\n'],
  ['a line that is too long', `{"a":"${'x'.repeat(1_000)}"}\n`],
  ['a line without an end', 'x'.repeat(5_000)],
])
  test(`${what} ends its connection and no other`, () =>
    withServer(async ({ client, faults }) => {
      const [bad, good] = [await client(), await client()]
      bad.write(text ?? '')
      assert.is(await bad.line(), undefined)
      assert.equal(codes(faults), ['WIRE_LINE'])
      good.write('{}\n')
      assert.is(await good.line(), '{"heard":{}}')
    }))

test('a connection that says nothing, or a little now and then, is closed at its deadline', () =>
  withServer(
    async ({ client, faults }) => {
      const [silent, slow] = [await client(), await client()]
      const drip = setInterval(() => slow.write(' '), 20)
      const ends = await Promise.all([silent.line(), slow.line()]).finally(() => clearInterval(drip))
      assert.equal(ends, [undefined, undefined])
      assert.equal(codes(faults), ['WIRE_DEADLINE', 'WIRE_DEADLINE'])
    },
    { helloMs: 300 },
  ))

test('one that falls silent later is closed as well, but not while we are the slow ones', () =>
  withServer(
    async ({ client, faults }) => {
      const { write, line } = await client()
      write('{"a":1}\n')
      assert.is(await line(), '{"heard":{"a":1}}')
      assert.is(await line(), undefined)
      assert.equal(
        faults.map(({ message }) => message),
        ['nothing was said for 150 ms'],
      )
    },
    { silenceMs: 150 },
    async peer => {
      for await (const message of peer.messages) {
        await new Promise(resolve => setTimeout(resolve, 400))
        await peer.send({ heard: message })
      }
    },
  ))

test('one that does not take what it is told is closed', () =>
  withServer(
    async ({ client, faults }) => {
      const { socket, write } = await client()
      socket.pause()
      write('{"a":1}\n')
      await until(() => faults.length > 0)
      assert.equal(codes(faults), ['WIRE_DEADLINE'])
      assert.match(faults[0]?.message ?? '', /was not taken within 300 ms/)
    },
    { writeMs: 300, maxLine: 60_000 },
    async peer => {
      for await (const _ of peer.messages) for (;;) await peer.send({ a: 'x'.repeat(50_000) })
    },
  ))

test('one connection too many is told so, and there is room again when another has gone', () =>
  withServer(
    async ({ client }) => {
      const talking = await Promise.all([client(), client()])
      for (const { write } of talking) write('{}\n')
      for (const { line } of talking) assert.is(await line(), '{"heard":{}}')
      const third = await client()
      assert.is(await third.line(), JSON.stringify(full))
      assert.is(await third.line(), undefined)
      talking[0]?.socket.end()
      assert.is(await talking[0]?.line(), undefined)
      const fourth = await client()
      fourth.write('{}\n')
      assert.is(await fourth.line(), '{"heard":{}}')
    },
    { connections: 2 },
  ))

test('those that have not said anything do not keep the others out for ever', () =>
  withServer(
    async ({ client }) => {
      const talking = await client()
      talking.write('{}\n')
      assert.is(await talking.line(), '{"heard":{}}')
      const silent = [await client(), await client()]
      const refused = await client()
      assert.is(await refused.line(), JSON.stringify(full))
      talking.write('{"still":1}\n')
      assert.is(await talking.line(), '{"heard":{"still":1}}')
      for (const { line } of silent) assert.is(await line(), undefined)
      const later = await client()
      later.write('{}\n')
      assert.is(await later.line(), '{"heard":{}}')
    },
    { halfOpen: 2, helloMs: 500 },
  ))

test('what the service throws ends that connection and is told', () =>
  withServer(
    async ({ client, faults }) => {
      const { line, write } = await client()
      write('{}\n')
      assert.is(await line(), undefined)
      assert.equal(
        faults.map(({ message }) => message),
        ['a bug'],
      )
    },
    {},
    async peer => {
      for await (const _ of peer.messages) throw new Error('a bug')
    },
  ))

const service = (path: string, group?: number) => ({
  ...{ path, group, limits: generous, full, serve: echo, fault: () => undefined },
})

const modes: readonly (readonly [number, RegExp])[] = [
  [0o755, /others can open \S+ \(mode 0755\), so the socket would be open to others/],
  [0o751, /others can open/],
  [0o770, /the group of \S+ can write to it/],
]
for (const [mode, why] of modes)
  test(`a folder of mode ${mode.toString(8)} is refused`, () =>
    withFolder(async folder => {
      await chmod(folder, mode)
      const error = await refusal(listenOn(service(join(folder, 's'))))
      assert.is(error.code, 'BOOK_SOCKET')
      assert.match(error.message, why)
      assert.equal(await readdir(folder), [])
    }))

test('a folder that hangs in one that others can write to is refused', () =>
  withFolder(async folder => {
    await mkdir(join(folder, 'inner'), { mode: 0o700 })
    await chmod(folder, 0o777)
    assert.match((await refusal(listenOn(service(join(folder, 'inner/s'))))).message, /others can write to/)
    // The very same by a link from a place that is safe.
    await mkdir(join(folder, 'safe'), { mode: 0o700 })
    await symlink('../inner', join(folder, 'safe/link'))
    assert.match((await refusal(listenOn(service(join(folder, 'safe/link/s'))))).message, /others can write to/)
  }))

test.unless(needsRoot, 'a folder of somebody else is refused', () =>
  withFolder(async folder => {
    await chown(folder, stranger.uid, stranger.gid)
    assert.match((await refusal(listenOn(service(join(folder, 's'))))).message, /belongs to user 64123/)
  }),
)

test.unless(needsRoot, 'the broker’s group can enter and connect, others cannot', () =>
  withFolder(async outer => {
    await chmod(outer, 0o755)
    const folder = join(outer, 'lockstepd')
    await mkdir(folder, { mode: 0o750 })
    await chown(folder, 0, stranger.gid)
    const path = join(folder, 'book.sock')
    const server = await listenOn(service(path, stranger.gid))
    try {
      const { mode, uid, gid } = await lstat(path)
      assert.equal([mode & 0o7777, uid, gid], [0o660, 0, stranger.gid])
      assert.is(await outcomeAs({ uid: 64_999, gid: stranger.gid }, path), 'connected')
      assert.is(await outcomeAs({ uid: 64_999, gid: 64_999 }, path), 'EACCES')
    } finally {
      await server.close()
    }
  }),
)

/** Of an attempt to connect by a process of that user. */
const outcomeAs = (user: { uid: number; gid: number }, path: string) =>
  withVictims('connect-victim.ts', async start => {
    const victim = start(String(user.uid), String(user.gid), path)
    return victim.said()
  })

test('a socket that a dead daemon left is taken over; a live one is not', () =>
  withFolder(async folder => {
    const [path, aside] = [join(folder, 's'), join(folder, 'aside')]
    let first: SocketServer = await listenOn(service(path))
    try {
      assert.match((await refusal(listenOn(service(path)))).message, /somebody else listens on/)
      // What a killed daemon leaves: the name without anybody behind it.
      await rename(path, aside)
    } finally {
      await first.close()
    }
    await rename(aside, path)
    first = await listenOn(service(path))
    await first.close()
    assert.equal(await readdir(folder), [])
  }))

test('a file in the place of the socket stays', () =>
  withFolder(async folder => {
    await writeFile(join(folder, 's'), 'precious')
    assert.match((await refusal(listenOn(service(join(folder, 's'))))).message, /is there and no socket/)
    const long = join(folder, 'x'.repeat(100))
    assert.match((await refusal(listenOn(service(long)))).message, /may have 107 octets/)
  }))

test.run()
