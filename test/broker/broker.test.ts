import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { type BrokerRig, fingerprintOf, forcedByUser, said, until, withBroker } from '../fixtures/broker.ts'
import { freePort, isolated, makeKey } from '../fixtures/sshd.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('the broker behind a real sshd')
const limitMs = 40_000

const limits = `version: 1
kinds:
  throughput: { profiles: [iperf3] }
identities:
  alice: { keys: ["%f"] }
  ci: { principals: [ci-runner] }
  ops: { admin: true }
classes:
  root: { limits: { duration: 1h } }
  members: { parent: root, limits: { kinds: [throughput], roles: [receiver], duration: 60s, peers: [192.0.2.0/24] } }
  closed: { deny: true, parent: root }
assign:
  - { identity: ops, class: root }
  - { identity: alice, class: members }
  - { identity: ci, net: 127.0.0.0/8, class: members }
`
const hello = { v: 1, id: 'q1', op: 'hello' }
const time = { v: 1, id: 'q2', op: 'time' }
const spec = {
  ...{ kind: 'throughput', profile: 'iperf3', role: 'receiver', interface: 'eth1', from: '192.0.2.1', to: '192.0.2.2' },
  parameters: { sender: {}, receiver: {} },
}
const peers = [{ endpoint: 'B', address: '192.0.2.1', clockError: 10 }]
const avail = (change: object = {}, id = 'q3') => ({
  ...{ v: 1, id, op: 'avail', spec, duration: 10_000_000, peers, when: { after: 0, within: 60_000_000 } },
  ...change,
})
const talk = (rig: BrokerRig, ...messages: readonly object[]) => rig.ssh(['lockstep-broker'], said(...messages))
const heardBy = ({ heard }: BrokerRig) => heard.flatMap(({ messages }) => messages.map(({ op }) => op))
const events = (rig: BrokerRig) => rig.log().map(({ event, code }) => (code === undefined ? event : `${event} ${code}`))

test(
  'lockstepd is told whose key it was, in which class, and from where; the answers come back',
  () =>
    withBroker({ limits }, async rig => {
      const { code, lines, stderr } = await talk(rig, hello, time, avail())
      assert.is(stderr, '')
      assert.is(code, 0)
      const fingerprint = fingerprintOf(`${rig.sshd.folder}/id.pub`)
      const as = { identity: 'alice', class: 'members', fingerprint, address: '127.0.0.1' }
      assert.equal(rig.heard[0]?.messages, [{ ...hello, as }, time, avail()])
      assert.equal(
        lines.map(({ id, op }) => [id, op]),
        [
          ['q1', 'hello'],
          ['q2', 'time'],
          ['q3', 'avail'],
        ],
      )
      await until(() => rig.heard[0]?.ended === true)
      assert.equal(
        rig.log().map(({ event, identity, class: own }) => [event, identity, own]),
        [['began', 'alice', 'members']],
      )
    }),
  { limitMs },
)

test(
  'the name in a certificate makes the identity, also with a key that nobody has listed',
  () => {
    const config = (command: string, folder: string) => [
      `TrustedUserCAKeys ${folder}/ca.pub`,
      `AuthorizedPrincipalsFile ${folder}/principals`,
      ...forcedByUser(command),
    ]
    return withBroker({ limits, config }, async rig => {
      const file = (name: string) => join(rig.folder, name)
      makeKey(file('ca'))
      makeKey(file('other'))
      writeFileSync(file('principals'), 'ci-runner\n')
      const sign = ['-q', '-s', file('ca'), '-I', 'test', '-n', 'ci-runner', file('other.pub')]
      execFileSync('ssh-keygen', sign)
      const { code, stderr } = await rig.ssh(['lockstep-broker'], said(hello), ['-i', file('other')])
      assert.is(`${code} ${stderr}`, '0 ')
      const fingerprint = fingerprintOf(file('other.pub'))
      const as = { identity: 'ci', class: 'members', fingerprint, address: '127.0.0.1' }
      assert.equal(rig.heard[0]?.messages[0]?.['as'], as)
    })
  },
  { limitMs },
)

test(
  'a line of authorized_keys may name the identity by itself',
  () =>
    withBroker({ limits, config: () => [] }, async rig => {
      const keys = `${rig.sshd.folder}/authorized_keys`
      const key = readFileSync(keys, 'utf8')
      writeFileSync(keys, `command="${rig.command} --identity ops",restrict ${key}`)
      const { code, stderr } = await talk(rig, hello, { v: 1, id: 'q2', op: 'admin', do: 'pause' })
      assert.is(`${code} ${stderr}`, '0 ')
      assert.equal(rig.heard[0]?.messages[0]?.['as'], { identity: 'ops', class: 'root', address: '127.0.0.1' })
      assert.equal(heardBy(rig), ['hello', 'admin'])
    }),
  { limitMs },
)

test(
  'a key that nobody has is told its fingerprint; lockstepd hears nothing of it, and the log does',
  () =>
    withBroker({ limits: limits.replaceAll('%f', 'SHA256:other') }, async rig => {
      const { lines } = await talk(rig, hello, time)
      const fingerprint = fingerprintOf(`${rig.sshd.folder}/id.pub`)
      assert.equal(
        lines.map(({ id, ok, code, retry, data }) => ({ id, ok, code, retry, data })),
        [{ id: 'q1', ok: false, code: 'IDENTITY_UNKNOWN', retry: 'never', data: { fingerprint } }],
      )
      assert.equal(rig.heard, [])
      assert.equal(
        rig.log().map(({ event, code, fingerprint: key, address }) => ({ event, code, key, address })),
        [{ event: 'turned away', code: 'IDENTITY_UNKNOWN', key: fingerprint, address: '127.0.0.1' }],
      )
    }),
  { limitMs },
)

test(
  'what the class does not allow never gets to lockstepd, and the rest still does',
  () =>
    withBroker({ limits }, async rig => {
      const far = [{ endpoint: 'B', address: '198.51.100.1', clockError: 10 }]
      const { lines } = await talk(
        rig,
        hello,
        avail({ duration: 61_000_000 }, 'a'),
        avail({ spec: { ...spec, role: 'sender' } }, 'b'),
        avail({ peers: far }, 'c'),
        avail({ spec: { ...spec, kind: 'latency' } }, 'd'),
        avail({ spec: { ...spec, profile: 'sh' } }, 'e'),
        avail({ peers: [] }, 'f'),
        avail({ spec: { block: [{ resource: 'clock', mode: 'exclusive' }] } }, 'g'),
        { v: 1, id: 'h', op: 'admin', do: 'drain' },
        avail({}, 'i'),
      )
      const told = lines.map(({ id, code, data }) => [id, code, (data as { limit?: unknown } | undefined)?.limit])
      assert.equal(told.toSorted(), [
        ['a', 'LIMIT', 'duration'],
        ['b', 'LIMIT', 'roles'],
        ['c', 'LIMIT', 'peers'],
        ['d', 'UNSUPPORTED', undefined],
        ['e', 'UNSUPPORTED', undefined],
        ['f', 'LIMIT', 'single_ended'],
        ['g', 'LIMIT', 'block'],
        ['h', 'CLASS_DENIED', undefined],
        ['i', undefined, undefined],
        ['q1', undefined, undefined],
      ])
      assert.equal(heardBy(rig), ['hello', 'avail'])
      assert.is(rig.log().filter(({ event }) => event === 'refused').length, 8)
    }),
  { limitMs },
)

test(
  'nobody says himself who he is, speaks before hello, or says it twice',
  () =>
    withBroker({ limits }, async rig => {
      const as = { identity: 'ops', class: 'root' }
      const codeOf = async (...messages: readonly object[]) =>
        (await talk(rig, ...messages)).lines.map(({ code, data }) => [code, (data as { field?: string })?.field])
      assert.equal(await codeOf({ ...hello, as }, time), [['BAD_REQUEST', 'as']])
      assert.equal(await codeOf(time, hello), [['BAD_REQUEST', 'op']])
      assert.equal(await codeOf({ ...hello, v: 7 }), [['VERSION', undefined]])
      assert.equal(heardBy(rig), [])
      assert.equal(await codeOf(hello, { ...hello, id: 'q2' }).then(all => all.map(String).toSorted()), [
        ',',
        'BAD_REQUEST,op',
      ])
      assert.equal(heardBy(rig), ['hello'])
    }),
  { limitMs },
)

const intrusions: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a shell', [], []],
  ['a shell with a terminal', [], ['-tt']],
  ['a program', ['id'], []],
  ['a program behind the broker', ['lockstep-broker; id'], []],
  ['the broker with options of its own', ['lockstep-broker --identity ops'], []],
  ['sftp', ['sftp'], ['-s']],
  ['another subsystem', ['netconf'], ['-s']],
]
test(
  'no shell, no program and no subsystem comes through the forced command',
  () =>
    withBroker({ limits, config: command => ['Subsystem sftp internal-sftp', ...forcedByUser(command)] }, async rig => {
      for (const [what, words, options] of intrusions) {
        const { code, stdout, stderr } = await rig.ssh(words, `id\n${said(hello)}`, options)
        assert.ok(code !== 0 && !stdout.includes('uid='), `${what}: ${code} ${stdout}`)
        assert.match(
          `${code} ${stderr}`,
          /runs nothing but lockstep-broker|subsystem request failed|PTY allocation|^2 $/,
          what,
        )
      }
      assert.equal(rig.heard, [])
      // sshd itself refuses the subsystem that it does not have.
      const asked = rig.log().map(({ event, message }) => `${event}: ${message}`)
      assert.equal(asked, [
        'no shell: a shell',
        'no shell: a shell',
        'no shell: id',
        'no shell: lockstep-broker; id',
        'no shell: lockstep-broker --identity ops',
        'no shell: internal-sftp',
      ])
    }),
  { limitMs },
)

test(
  'no port and no socket is reached through the login, least of all that of lockstepd',
  () =>
    withBroker({ limits }, async rig => {
      const server = createServer(socket => socket.end('reached')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      try {
        const ways = [`127.0.0.1:${port}`, join(rig.folder, 'book.sock')]
        for (const way of ways) assert.is(await throughForward(rig, way), '', way)
        const back = ['-o', 'ExitOnForwardFailure=yes', '-R', `${await freePort()}:127.0.0.1:${port}`]
        const { code, stderr } = await rig.ssh(['lockstep-broker'], said(hello), back)
        assert.is(code, 255)
        assert.match(stderr, /remote port forwarding failed/)
      } finally {
        server.close()
      }
      assert.equal(rig.heard, [])
    }),
  { limitMs },
)

/** What comes out of a forwarded local port. */
async function throughForward({ sshd }: BrokerRig, to: string): Promise<string> {
  const port = await freePort()
  const words = [...isolated(sshd.folder), '-i', `${sshd.folder}/id`, '-o', 'BatchMode=yes', '-N']
  const where = ['-L', `127.0.0.1:${port}:${to}`, '-p', String(sshd.port), `${userInfo().username}@127.0.0.1`]
  const child = spawn('ssh', [...words, ...where], { stdio: 'ignore' })
  try {
    for (;;) {
      const socket = connect(port, '127.0.0.1')
      let got = ''
      socket.on('data', chunk => (got += chunk))
      socket.on('error', () => undefined)
      socket.on('connect', () => socket.write(said(hello)))
      await new Promise(closed => socket.once('close', closed))
      // Until ssh listens nobody is there.
      if (socket.bytesWritten > 0) return got
      await sleep(50)
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

const nonsense: readonly (readonly [string, string | Buffer])[] = [
  ['a line without an end that is too long', Buffer.alloc(300_000, 0x61)],
  ['a line with an end that is too long', `{"v":1,"id":"${'a'.repeat(70_000)}"}\n`],
  ['no JSON', 'GET / HTTP/1.1\n'],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a])],
  ['a list', '[]\n'],
  ['a prototype', '{"__proto__":{"op":"admin"}}\n'],
  ['brackets without an end', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}\n`],
  ['half a line', '{"v":1'],
]
test(
  'what is no message ends the session at once, before or after hello, and stands in the log',
  () =>
    withBroker({ limits }, async rig => {
      for (const [what, bytes] of nonsense) {
        for (const first of what.includes('too long') ? ['', said(hello)] : [said(hello)]) {
          const { code, stderr } = await rig.ssh(
            ['lockstep-broker'],
            Buffer.concat([Buffer.from(first), Buffer.from(bytes)]),
          )
          assert.is(code, 3, `${what}: ${stderr}`)
          assert.match(stderr, /^lockstep-broker: (a line|the stream)/, what)
        }
      }
      assert.is(events(rig).filter(each => each === 'ended WIRE_LINE').length, nonsense.length + 2)
      assert.equal([...new Set(heardBy(rig))], ['hello'])
      await until(() => rig.heard.every(({ ended }) => ended))
    }),
  { limitMs },
)

test(
  'one who says nothing but what is no request is sent away after a while',
  () =>
    withBroker({ limits }, async rig => {
      const { code, lines } = await talk(rig, hello, ...Array.from({ length: 30 }, () => ({ v: 1, op: 'guess' })))
      assert.is(code, 3)
      assert.is(lines.filter(line => line['code'] === 'BAD_REQUEST').length, 20)
    }),
  { limitMs },
)

test(
  'a client that falls silent is given up after 15 s, and lockstepd knows',
  () =>
    withBroker({ limits }, async rig => {
      const child = client(rig)
      child.stdin.write(said(hello))
      await until(() => rig.heard.length === 1)
      const began = performance.now()
      await until(() => rig.heard[0]?.ended === true)
      const took = performance.now() - began
      assert.ok(took > 13_000 && took < 20_000, `${took} ms`)
      if (child.exitCode === null) await once(child, 'exit')
      assert.is(child.exitCode, 3)
      assert.equal(events(rig), ['began', 'ended WIRE_DEADLINE'])
    }),
  { limitMs },
)

test(
  'a client that is killed is gone at once, and lockstepd knows',
  () =>
    withBroker({ limits }, async rig => {
      const child = client(rig)
      child.stdin.write(said(hello))
      await until(() => rig.heard.length === 1)
      child.kill('SIGKILL')
      const began = performance.now()
      await until(() => rig.heard[0]?.ended === true)
      assert.ok(performance.now() - began < 5_000)
    }),
  { limitMs },
)

/** The real ssh, which says what it is told until it is ended. */
function client({ sshd: { folder, port } }: BrokerRig) {
  const key = ['-o', 'BatchMode=yes', '-i', `${folder}/id`, '-p', String(port), `${userInfo().username}@127.0.0.1`]
  return spawn('ssh', [...isolated(folder), ...key, 'lockstep-broker'], { stdio: ['pipe', 'ignore', 'ignore'] })
}

test(
  'without a limits file nobody may anything; with a wrong one neither, and the stranger does not learn why',
  () =>
    withBroker({ limits: 'classes: nonsense' }, async rig => {
      const wrong = await talk(rig, hello)
      assert.is(wrong.stdout, '')
      assert.match(wrong.stderr, /cannot serve you now/)
      execFileSync('rm', [join(rig.folder, 'limits.yaml')])
      const without = await talk(rig, hello)
      assert.equal(
        without.lines.map(({ code }) => code),
        ['IDENTITY_UNKNOWN'],
      )
      assert.equal(rig.heard, [])
    }),
  { limitMs },
)

test(
  'a line of the log is one line, whatever the client wanted to run',
  () =>
    withBroker({ limits }, async rig => {
      await rig.ssh(['id\n{"event":"began"}\n\x1b[2J'])
      assert.equal(events(rig), ['no shell'])
      assert.is(existsSync(join(rig.folder, 'log')), true)
      appendFileSync(join(rig.folder, 'log'), '')
      assert.is(readFileSync(join(rig.folder, 'log'), 'utf8').split('\n').length, 2)
    }),
  { limitMs },
)

test.run()
