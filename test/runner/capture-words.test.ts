import * as assert from 'uvu/assert'
import { captureEnding, captureFault, complaints, readCounts, readTimestamps } from '../../src/runner/capture-words.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/capture-words')

const listening = 'tcpdump: listening on eth0, link-type EN10MB (Ethernet), snapshot length 96 bytes\n'
/** What tcpdump 4.99.3 prints at its end, and our shell behind it. */
const ended = (captured: string, dropped: string, more = '', code = 0) =>
  `${listening}${captured} captured\n50 packets received by filter\n${dropped} dropped by kernel\n${more}@capture ended ${code}\n`

const counts = [
  { what: 'several', log: ended('40 packets', '0 packets'), is: [40, 0, undefined] },
  { what: 'one of each', log: ended('1 packet', '1 packet'), is: [1, 1, undefined] },
  {
    what: 'drops of the interface',
    log: ended('40 packets', '3 packets', '7 packets dropped by interface\n'),
    is: [40, 3, 7],
  },
  { what: 'nothing after a KILL', log: `${listening}@capture ended 137\n`, is: [undefined, undefined, undefined] },
] as const

for (const { what, log, is } of counts)
  test(`counts are read: ${what}`, () => {
    const { captured, dropped, droppedByInterface } = readCounts(log)
    assert.equal([captured, dropped, droppedByInterface], is)
  })

const faults = [
  { log: ended('40 packets', '0 packets'), fault: undefined },
  { log: `${listening}@capture ended 137\n`, fault: 'tcpdump was ended by signal 9' },
  {
    log: `${listening}tcpdump: pcap_loop: The interface disappeared\n@capture ended 1\n`,
    fault: 'tcpdump ended with exit status 1',
  },
  { log: listening, fault: 'tcpdump was ended with all that belongs to it' },
  {
    log: `${listening}head: error writing 'standard output': No space left on device\n@capture unwritten\n@capture ended 0\n`,
    fault: 'its file could not be written: No space left on device',
  },
]

for (const { log, fault } of faults)
  test(`a capture has the fault: ${fault}`, () => assert.is(captureFault(log), fault))

test('the end of a tcpdump that nobody has stopped is told, also a good one', () => {
  assert.is(captureEnding(ended('1 packet', '0 packets')), 'tcpdump ended with exit status 0')
})

test('complaints are what tcpdump says of itself, without what it says of everything', () => {
  const text = `${listening}tcpdump: WARNING: eth0: no IPv4 address assigned\ntcpdump: eth0: No such device exists\n(No such device exists)\n`
  assert.equal(complaints(text), ['eth0: No such device exists'])
})

test('timestamps are those that -J lists, and those of the kernel in any case', () => {
  const listed = `Time stamp types for eth0 (use option -j to set):
  host (Host)
  adapter_unsynced (Adapter, not synced with system time)
`
  assert.equal([...readTimestamps(listed)], ['host', 'adapter_unsynced'])
  assert.equal([...readTimestamps('tcpdump: eth9: No such device exists\n')], ['host'])
})

test.run()
