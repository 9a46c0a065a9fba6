import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { workerScript } from '../../src/transport/worker.pl.ts'
import { type WorkerFrame, workerFrames, workerQuestion } from '../../src/transport/worker-frames.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/worker: questions to ptp4l')
const hasPerl = spawnSync('perl', ['-MSocket', '-e', '1']).status === 0
const reason = hasPerl ? undefined : 'there is no perl with sockets'

interface Asked {
  readonly code: number
  readonly lines: readonly string[]
}

/** A worker of its own in a folder, and what stands for a ptp4l there. */
async function withWorker(
  script: string,
  use: (ask: (...words: readonly string[]) => Promise<Asked>, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async folder => {
    const peer = spawn('perl', ['-e', script, join(folder, 'ptp4l')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const worker = spawn('perl', ['-e', workerScript, 'mark', folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(peer.stdout, 'data')
      await use(askerOf(worker), folder)
    } finally {
      for (const child of [worker, peer]) child.kill('SIGKILL')
    }
  })
}

function askerOf(worker: ChildProcess) {
  const said = new Map<number, string>()
  const done = new Map<number, (asked: Asked) => void>()
  const hear = (frame: WorkerFrame) => {
    if (frame.kind === 'output') said.set(frame.n, (said.get(frame.n) ?? '') + frame.octets.toString('latin1'))
    if (frame.kind !== 'exited') return
    const lines = (said.get(frame.n) ?? '').split('\n').filter(line => line !== '')
    done.get(frame.n)?.({ code: frame.code, lines })
  }
  worker.stdout?.on('data', workerFrames('mark', { ready: () => {}, hear }))
  let next = 0
  return (...words: readonly string[]) => {
    const n = ++next
    const answer = new Promise<Asked>(resolve => done.set(n, resolve))
    worker.stdin?.write(workerQuestion(n, words))
    return answer
  }
}

/** As long as a management message, told apart at octets 30 and 31. */
const message = (number: number) => Buffer.concat([Buffer.alloc(30), Buffer.from([0, number]), Buffer.alloc(22)])
const hex = (number: number) => message(number).toString('hex')

const bound = String.raw`use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print "there\n";`
const answering = `${bound} while (my $from = recv $s, my $text, 2048, 0) { send $s, $text, 0, $from }`
const silent = `${bound} sleep 60`

test.unless(reason, 'every message has its answer, and the socket of the question is gone', () =>
  withWorker(answering, async (ask, folder) => {
    const own = join(folder, 'pmc')
    const asked = await ask('ptp', own, join(folder, 'ptp4l'), '5', hex(1), hex(2), hex(3))
    assert.equal([asked.code, [...asked.lines].sort()], [0, [hex(1), hex(2), hex(3)].sort()])
    assert.equal(readdirSync(folder), ['ptp4l'])
  }),
)

test.unless(reason, 'a silent one is given up in time, and others are answered meanwhile', () =>
  withWorker(silent, async (ask, folder) => {
    const waiting = ask('ptp', join(folder, 'pmc'), join(folder, 'ptp4l'), '1', hex(1))
    const order: string[] = []
    await Promise.all([
      waiting.then(({ code }) => order.push(`ptp ${code}`)),
      ask('time').then(({ code }) => order.push(`time ${code}`)),
    ])
    assert.equal(order, ['time 0', 'ptp 1'])
  }),
)

test.unless(
  reason,
  'one whose queue is full does not hold the worker up, and one that is not there is said at once',
  () =>
    withWorker(silent, async (ask, folder) => {
      const questions = Array.from({ length: 40 }, (_, i) => hex(i))
      const [full, absent] = await Promise.all([
        ask('ptp', join(folder, 'pmc'), join(folder, 'ptp4l'), '30', ...questions),
        ask('ptp', join(folder, 'pmc'), join(folder, 'nobody'), '30', hex(1)),
      ])
      assert.equal([full.code, absent.code], [1, 1])
      assert.is((await ask('time')).code, 0)
    }),
)

test.run()
