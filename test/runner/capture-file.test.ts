import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { settleCapture } from '../../src/runner/capture-file.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/capture-file')

/** The header of draft-ietf-opsawg-pcap, section 4: magic, version 2.4, two zeros, snaplen 96, Ethernet. */
const heads = {
  'ns, little-endian': ['4d3cb2a1 0200 0400 00000000 00000000 60000000 01000000', 'ns', true],
  'us, little-endian': ['d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000', 'us', true],
  'ns, big-endian': ['a1b23c4d 0002 0004 00000000 00000000 00000060 00000001', 'ns', false],
  'us, big-endian': ['a1b2c3d4 0002 0004 00000000 00000000 00000060 00000001', 'us', false],
} as const

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

/** Section 5: seconds, fraction, octets that were kept, octets on the wire; then those that were kept. */
function packet(length: number, littleEndian: boolean): Buffer {
  const head = Buffer.alloc(16, 0xff)
  if (littleEndian) head.writeUInt32LE(length, 8)
  else head.writeUInt32BE(length, 8)
  return Buffer.concat([head, Buffer.alloc(length, 0xee)])
}

async function settled(content: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'))
  try {
    const path = join(folder, 'a.pcap')
    writeFileSync(path, content)
    return { ...(await settleCapture(path)), left: readFileSync(path).length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const [what, [head, precision, littleEndian]] of Object.entries(heads))
  test(`packets are counted in a file of ${what}, and one that was cut off is taken out, wherever that was`, async () => {
    const [first, second] = [packet(96, littleEndian), packet(60, littleEndian)]
    const whole = Buffer.concat([bytes(head), first, second])
    const end = 24 + first.length
    for (let size = end; size < whole.length; size += 7)
      assert.equal(await settled(whole.subarray(0, size)), { packets: 1, size, precision, octets: end, left: end })
    assert.equal(await settled(whole), {
      packets: 2,
      size: whole.length,
      precision,
      octets: whole.length,
      left: whole.length,
    })
  })

test('a file longer than what is read at once is counted to its end', async () => {
  const [head, precision, littleEndian] = heads['ns, little-endian']
  const packets = Array.from({ length: 3000 }, (_, i) => packet(700 + (i % 100), littleEndian))
  const whole = Buffer.concat([bytes(head), ...packets])
  assert.ok(whole.length > 2 << 20)
  assert.equal(await settled(whole), {
    packets: 3000,
    size: whole.length,
    precision,
    octets: whole.length,
    left: whole.length,
  })
})

for (const [what, content] of [
  ['nothing', Buffer.alloc(0)],
  ['half a header', bytes('4d3cb2a1 0200 0400')],
  ['something else', Buffer.from('this is a text of more than 24 octets')],
] as const)
  test(`a file with ${what} has no packets, and is left as it is`, async () => {
    const size = content.length
    assert.equal(await settled(content), { packets: 0, size, precision: undefined, octets: size, left: size })
  })

test.run()
