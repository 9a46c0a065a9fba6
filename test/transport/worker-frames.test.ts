import * as assert from 'uvu/assert'
import {
  type WorkerFrame,
  workerCommand,
  workerDrop,
  workerFrames,
  workerQuestion,
} from '../../src/transport/worker-frames.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/worker-frames')

const said = Buffer.from('hello\nMARK or not\nMARK\no 000007 6\na\nx 1\ne 7 0\nx 7 3 0\nx 8 0 15\nd 7\n')
const meant = ['ready', 'stdout 7 "a\\nx 1\\n"', 'stderr 7 ""', 'exited 7 3 0', 'exited 8 0 15', 'done 7']

const inWords = (frame: WorkerFrame): string => {
  if (frame.kind === 'output') return `${frame.stream} ${frame.n} ${JSON.stringify(`${frame.octets}`)}`
  return frame.kind === 'exited' ? `exited ${frame.n} ${frame.code} ${frame.signal}` : `done ${frame.n}`
}

function heard(chunks: readonly Buffer[]): string[] {
  const words: string[] = []
  const read = workerFrames('MARK', { ready: () => words.push('ready'), hear: frame => words.push(inWords(frame)) })
  for (const chunk of chunks) read(chunk)
  return words
}

test('frames are what they are, wherever the channel cuts them', () => {
  assert.equal(heard([said]), meant)
  assert.equal(heard([...said].map(octet => Buffer.from([octet]))), meant)
  for (let at = 1; at < said.length; at++) assert.equal(heard([said.subarray(0, at), said.subarray(at)]), meant)
})

test('before the mark nothing is a frame', () => assert.equal(heard([Buffer.from('x 1 0 0\nd 1\n')]), []))

test('a command carries its words, variables and input with their sizes in octets', () => {
  const command = workerCommand(7, ['echo', 'é', ''], { mark: 'm', cwd: '/x', env: { A: '1=2' } }, Buffer.from('in\n'))
  const words = Buffer.from('m\0/x\x001\0A=1=2\0echo\0é\0\0')
  assert.equal(`${command}`, `run 000007 ${words.length} 3\n${words}in\n`)
  assert.is(workerDrop(7), 'drop 7\n')
  assert.is(`${workerQuestion(7, ['files', '/é'])}`, 'ask 000007 10 0\nfiles\0/é\0')
})

test.run()
