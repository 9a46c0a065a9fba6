import * as assert from 'uvu/assert'
import { iperf } from '../../src/tools/iperf.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools: one iperf that receives from several')

/** Of a real 2.1.8 that served three UDP senders at once; the second of them had two ports. */
const receiver = `------------------------------------------------------------
Server listening on UDP port 15002 with pid 1241
------------------------------------------------------------
[  1] local 127.0.0.1%lo port 15002 connected with 127.0.0.3 port 40674 (epoch-start) (sock=3) (peer 2.1.8) on 2026-11-26 05:51:11 (UTC)
[  2] local 127.0.0.1%lo port 15002 connected with 127.0.0.2 port 59486 (epoch-start) (sock=4) (peer 2.1.8) on 2026-11-26 05:51:11 (UTC)
[  4] local 127.0.0.1%lo port 15002 connected with 127.0.0.3 port 47894 (epoch-start) (sock=6) (peer 2.1.8) on 2026-11-26 05:51:12 (UTC)
[ ID] Interval            Transfer     Bandwidth        Jitter   Lost/Total  Latency avg/min/max/stdev PPS  Rx/inP  NetPwr
[  2] 0.0000-1.0019 sec  1255380 Bytes  10023644 bits/sec   0.002 ms 0/854 (0%) 0.004/0.002/0.176/0.008 ms 852 pps 854/0(0) pkts 332099
[  4] 0.0000-0.9991 sec  1253910 Bytes  10040286 bits/sec   0.007 ms 1/854 (0.12%) 0.004/0.002/0.060/0.005 ms 854 pps 853/0(0) pkts 355899
[  1] 0.0000-1.0016 sec  1256850 Bytes  10038317 bits/sec   0.002 ms 0/854 (0%) 0.008/0.002/4.366/0.149 ms 854 pps 855/0(0) pkts 151875
[  1] 0.0000-1.0016 sec  1 datagrams received out-of-order
[ ID] Interval            Transfer     Bandwidth      Write/Err  PPS
[SUM] 0.0000-1.0016 sec  2510760 Bytes  20053153 bits/sec  0/1708     1705 pps
`

const sender = (
  address: string,
  port: number,
) => `Client connecting to 127.0.0.1, UDP port 15002 with pid 1255 (1 flows)
[  1] local ${address} port ${port} connected with 127.0.0.1 port 15002 (epoch-start) (sock=3) on 2026-11-26 05:51:11 (UTC)
[ ID] Interval            Transfer     Bandwidth      Write/Err  PPS
[  1] 0.0000-1.0021 sec  1255380 Bytes  10022294 bits/sec  853/0      853 pps
[  1] Sent 855 datagrams
`

const read = (address: string, port: number, isShared = true) =>
  iperf.read(
    {
      sender: { stdout: sender(address, port), stderr: '', code: 0 },
      receiver: { stdout: receiver, stderr: '', code: 0 },
      isShared,
    },
    { udp: true, time: 1_000_000_000n },
  )

const figure = (reading: ReturnType<typeof read>, name: string) => {
  const found = reading.figures.get(name)
  return found?.shape === 'one' ? found.value : undefined
}

test('the figures of a flow are those of the connection that comes from its port', () => {
  const [first, second] = [read('127.0.0.2', 59_486), read('127.0.0.3', 47_894)]
  assert.equal([first.faults, second.faults], [[], []])
  assert.equal([figure(first, 'received'), figure(first, 'lost')], [10_023_644, 0])
  assert.equal([figure(second, 'received'), figure(second, 'lost')], [10_040_286, 1])
  assert.is(first.version, '2.1.8')
})

test('a sender that the receiver has never seen has no figures', () => {
  const { figures, faults } = read('127.0.0.2', 59_487)
  assert.is(figures.size, 0)
  assert.match(faults[0] ?? '', /the receiving iperf has no whole report/)
})

test('a receiver that was to serve one sender and has served others is a fault', () => {
  assert.match(read('127.0.0.2', 59_486, false).faults[0] ?? '', /has no whole report/)
})

test.run()
