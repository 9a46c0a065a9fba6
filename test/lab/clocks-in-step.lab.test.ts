import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { stepClock } from '../../src/lab/clocks.ts'
import { eventually, noClockLab, type Rig, type RigHost, withRig } from '../fixtures/clock-rig.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab clocks in step')

test.unless(noClockLab, 'the card of a host has a PHC and keeps its time stamping mode', () =>
  withRig(1, async ({ hosts: [host] }) => {
    if (host === undefined) return assert.unreachable()
    assert.match(await host.run('ethtool', '-T', 'eth0'), /hardware-transmit[\s\S]*PTP Hardware Clock: 0/)
    assert.match(await host.run('ethtool', '-T', 'lo'), /PTP Hardware Clock: none/)
    await host.run('hwstamp_ctl', '-i', 'eth0', '-t', '1', '-r', '12')
    assert.match(await host.run('hwstamp_ctl', '-i', 'eth0'), /tx_type 1\nrx_filter 12/)
    await host.run('hwstamp_ctl', '-i', 'eth0', '-t', '0', '-r', '0')
    assert.match(await host.run('hwstamp_ctl', '-i', 'eth0'), /tx_type 0\nrx_filter 0/)
    assert.match(await host.run('sh', '-c', 'phc_ctl /dev/ptp0 freq 50000 freq 2>&1'), /offset is 50000\.\d+ppb/)
  }),
)

const fast = ['--logSyncInterval=-3', '--logMinPdelayReqInterval=-3', '--logAnnounceInterval=-1']
const threshold = ['--step_threshold', '0.00002']

function startSync({ switch: bridge, hosts }: Rig): void {
  const ports = hosts.flatMap((_, i) => ['-i', `port${i + 1}`])
  bridge.start('ptp4l', '-m', '-2', '-P', ...ports, '--priority1', '100', ...fast)
  for (const host of hosts) {
    host.start('ptp4l', '-m', '-i', 'eth0', '-2', '-P', ...threshold, ...fast)
    host.start('phc2sys', '-m', '-a', '-rr', ...threshold, '-R', '8')
  }
}

/** How far each host's PHC is from the grandmaster's, and its system clock (plus 37 s) from its PHC, ns. */
async function offsets(rig: Rig) {
  const [grandmaster, ...hosts] = await rig.truth()
  const away = (from: bigint, to: bigint) => Math.abs(Number(from - to))
  return {
    phc: hosts.map(host => away(host.phcNs, grandmaster?.phcNs ?? 0n)),
    system: hosts.map(host => away(host.systemNs + 37_000_000_000n, host.phcNs)),
  }
}

/** The 95th percentile of all hosts' offsets over one second. */
async function quality(rig: Rig) {
  const samples: Awaited<ReturnType<typeof offsets>>[] = []
  for (let i = 0; i < 20; i++) {
    samples.push(await offsets(rig))
    await sleep(50)
  }
  const p95 = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN
  return { phc: p95(samples.flatMap(sample => sample.phc)), system: p95(samples.flatMap(sample => sample.system)) }
}

const inStep = (found: { phc: number; system: number }) => found.phc < 100 && found.system < 150

test.unless(
  noClockLab,
  'ptp4l and phc2sys bring hosts in step, and a stepped PHC back; isochron sees all stamps',
  () =>
    withRig(3, async rig => {
      startSync(rig)
      await eventually(() => quality(rig), inStep, 60_000)

      const [sender, , receiver] = rig.hosts
      if (sender === undefined || receiver === undefined) return assert.unreachable()
      await stepClock(rig.tool, sender.state, 'phc', 50_000n)
      const { phc } = await offsets(rig)
      assert.ok((phc[0] ?? 0) > 20_000, `the step shows: ${phc}`)
      await eventually(() => quality(rig), inStep, 60_000)

      const report = await exchange(rig, sender, receiver)
      const frames = report
        .trim()
        .split('\n')
        .map(line => line.split(/\s+/).map(Number))
      assert.is(frames.length, 100)
      for (const [sequence = 0, scheduled = 0, software = 0, hardware = 0, arrived = 0] of frames) {
        const path = arrived - hardware
        assert.ok(
          scheduled > 0 && scheduled <= software,
          `frame ${sequence} left the queue at ${scheduled}, ${software}`,
        )
        // Stamps of test frames are the kernel's, and this machine has other work.
        assert.ok(path > -20_000 && path < 20_000_000, `frame ${sequence} took ${path} ns`)
      }
    }),
  { limitMs: 180_000 },
)

/** 100 test frames by isochron's own orchestrator; gives software, software and hardware send stamps, and receive stamp. */
async function exchange({ folder }: Rig, sender: RigHost, receiver: RigHost): Promise<string> {
  const log = join(folder, 'isochron.dat')
  const send = `isochron send --client ${receiver.address} --stats-port 5000 --interface eth0 --dmac ${receiver.mac}`
  const traffic =
    '--num-frames 100 --base-time 0 --cycle-time 0.005 --frame-size 200 --etype 0xdead --sync-threshold 1000'
  const orchestration = join(folder, 'orchestration')
  await writeFile(orchestration, `[S]\nhost = ${sender.address}\nexec = ${send} ${traffic} --output-file ${log}\n`)
  receiver.start('isochron', 'rcv', '--interface', 'eth0', '--etype', '0xdead', '--stats-port', '5000')
  await sender.run('sh', '-c', 'isochron daemon --pid-file /run/isochron.pid >/run/isochron.out 2>&1')
  await listening(sender)
  await listening(receiver)
  await receiver.run('timeout', '60', 'isochron', 'orchestrate', '--input-file', orchestration)
  const columns = ['--printf-format', '%u %d %d %d %d\n', '--printf-args', 'qstTR']
  return receiver.run('isochron', 'report', '--input-file', log, ...columns)
}

const listening = (host: RigHost) =>
  eventually(
    () => host.run('ss', '-Htln', 'sport', '=', '5000'),
    text => text.includes('5000'),
    10_000,
  )

test.run()
