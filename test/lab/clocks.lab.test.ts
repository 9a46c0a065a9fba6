import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { type ClockTruth, driftClock, readTruth, stepClock } from '../../src/lab/clocks.ts'
import { eventually, noClockLab, type Rig, type RigHost, withClock, withRig } from '../fixtures/clock-rig.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('lab clocks')
const execute = promisify(execFile)
const hour = 3_600_000_000_000n

test.unless(noClockLab, 'a program of a host without clock state meets the clocks of the kernel', () =>
  withClock({ systemOffsetNs: hour }, async ({ environment, folder }) => {
    const bare = { ...environment, VCLOCK: join(folder, 'nothing-here') }
    const before = Date.now()
    const seconds = Number((await execute('date', ['+%s.%N'], { env: bare })).stdout)
    assert.ok(seconds * 1000 >= before - 1 && seconds * 1000 <= Date.now() + 1, `${seconds}`)
    const opened = await execute('sh', ['-c', 'exec 3</dev/ptp0'], { env: bare }).catch(error => `${error}`)
    assert.match(`${opened}`, /No such file/)
  }),
)

test.unless(noClockLab, 'every way to ask for the time gives the time of the host', () =>
  withClock({ systemOffsetNs: hour }, async ({ environment }) => {
    for (const argv of [
      ['date', '+%s'],
      ['bash', '-c', 'printf "%(%s)T"'],
      ['bash', '-c', 'echo "$EPOCHREALTIME"'],
      ['perl', '-e', 'print time'],
      ['perl', '-MTime::HiRes', '-e', 'print Time::HiRes::time()'],
      [process.execPath, '-e', 'console.log(Date.now() / 1000)'],
    ]) {
      const [program = '', ...args] = argv
      const { stdout } = await execute(program, args, { env: environment })
      const ahead = Number(stdout) - Date.now() / 1000
      assert.ok(Math.abs(ahead - 3600) < 2, `${argv.join(' ')} is ahead by ${ahead} s`)
    }
  }),
)

test.unless(noClockLab, 'setting the time of a host moves its system clock and nothing else', () =>
  withClock({}, async ({ environment, tool, state }) => {
    const kernelBefore = Date.now() - performance.now()
    await execute('date', ['-s', '@2000000000'], { env: environment })
    const [truth] = await readTruth(tool, [state])
    assert.ok(truth !== undefined && truth.systemNs / 1_000_000_000n - 2_000_000_000n < 10n)
    assert.ok(Math.abs(Number(truth.phcNs / 1_000_000n) - 37_000 - Date.now()) < 5_000)
    assert.ok(Math.abs(Date.now() - performance.now() - kernelBefore) < 1_000, 'the machine keeps its time')
  }),
)

test.unless(noClockLab, 'a clock drifts as it was told, and keeps its time when the drift changes', () =>
  withClock({ systemDriftPpb: 20_000, phcDriftPpb: -30_000 }, async ({ tool, state }) => {
    const read = async () => (await readTruth(tool, [state]))[0] as ClockTruth
    const rates = (from: ClockTruth, to: ClockTruth) => {
      const elapsed = Number(to.rawNs - from.rawNs)
      const ppb = (value: bigint) => Math.round((Number(value) / elapsed) * 1e9)
      return [to.systemNs - from.systemNs, to.phcNs - from.phcNs].map(length => ppb(length - (to.rawNs - from.rawNs)))
    }
    const first = await read()
    await sleep(200)
    const second = await read()
    assert.equal(
      rates(first, second).map(ppb => Math.round(ppb / 100)),
      [200, -300],
    )
    await driftClock(tool, state, 'phc', 500_000)
    const third = await read()
    await sleep(200)
    assert.equal(
      rates(third, await read()).map(ppb => Math.round(ppb / 100)),
      [200, 5000],
    )
    const gap = third.phcNs - second.phcNs - (third.rawNs - second.rawNs)
    assert.ok(gap > -100_000n && gap < 100_000n, `the change of drift moved the clock by ${gap} ns`)
  }),
)

/** struct timex of a 64-bit Linux, by Perl's syscall(): modes, freq, status, constant, tick, tai. */
const adjtimex = (modes: number, set: { freq?: number; status?: number; constant?: number } = {}) => `
  my $x = pack('L x4 q q q q l x4 q x32 q x208', ${modes}, 0, ${set.freq ?? 0}, 0, 0, ${set.status ?? 0}, ${set.constant ?? 0}, 10000);
  my $r = syscall(${process.arch === 'arm64' ? 171 : 159}, $x);
  printf("%d %s\\n", $r, join(' ', unpack('x16 q', $x), unpack('x40 l', $x), unpack('x160 l', $x)));`

test.unless(noClockLab, 'adjtimex keeps frequency, status and TAI offset per host', () =>
  withClock({}, async ({ environment, tool, state }) => {
    const ask = async (script: string) => (await execute('perl', ['-e', script], { env: environment })).stdout.trim()
    const kernelTai = (await execute('perl', ['-e', adjtimex(0)])).stdout.trim().split(' ')[3]
    assert.is(await ask(adjtimex(0)), '5 0 64 0', 'a fresh clock: TIME_ERROR, STA_UNSYNC')
    assert.is(await ask(adjtimex(0x2, { freq: -655_360 })), '5 -655360 64 0', 'ADJ_FREQUENCY')
    assert.is(await ask(adjtimex(0x80, { constant: 37 })), '5 -655360 64 37', 'ADJ_TAI')
    // ADJ_STATUS with ADJ_MAXERROR 0, as phc2sys does while it is locked
    assert.is(await ask(adjtimex(0x14)), '0 -655360 0 37')
    const tai = await ask('use Time::HiRes qw(clock_gettime); printf("%.0f", clock_gettime(11) - clock_gettime(0))')
    assert.is(tai, '37')
    const [truth] = await readTruth(tool, [state])
    assert.is(truth?.taiOffset, 37)
    assert.is(
      (await execute('perl', ['-e', adjtimex(0)])).stdout.trim().split(' ')[3],
      kernelTai,
      "the machine's stays",
    )
  }),
)

test.unless(noClockLab, 'who may not write the clock state may read the clocks', () =>
  withClock({ systemOffsetNs: hour }, async ({ environment }) => {
    const nobody = (...argv: string[]) =>
      execute('setpriv', ['--reuid=65534', '--clear-groups', ...argv], { env: environment })
    const ahead = Number((await nobody('date', '+%s')).stdout) - Date.now() / 1000
    assert.ok(Math.abs(ahead - 3600) < 2)
    const refused = await nobody('date', '-s', '@2000000000').catch(error => error)
    assert.match(`${refused.stderr}`, /Operation not permitted/)
  }),
)

test.unless(noClockLab, 'a sleep until an instant of TAI ends early when the clock steps forward', () =>
  withClock({}, async ({ environment, tool, state }) => {
    const script = `use Time::HiRes qw(clock_gettime clock_nanosleep TIMER_ABSTIME); $| = 1;
      my $until = clock_gettime(11) + 20; print "asleep\\n"; clock_nanosleep(11, $until * 1e9, TIMER_ABSTIME);
      printf("%.3f\\n", clock_gettime(11) - $until)`
    const sleeper = spawn('perl', ['-e', script], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    sleeper.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const closed = once(sleeper, 'close')
    await once(sleeper.stdout, 'data')
    const began = performance.now()
    await stepClock(tool, state, 'system', 19_500_000_000n)
    await closed
    const late = Number(output.split('\n')[1])
    assert.ok(late >= 0 && late < 0.5, `woke ${late} s after the instant`)
    const slept = performance.now() - began
    assert.ok(slept > 300 && slept < 5_000, `slept ${slept} ms`)
  }),
)

test.unless(
  noClockLab,
  'a writer that was killed while it held the lock blocks nobody',
  () =>
    withClock({}, async ({ tool, state }) => {
      const holder = spawn('flock', [state, '-c', 'echo held; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      await once(holder.stdout, 'data')
      const step = stepClock(tool, state, 'phc', 1n)
      process.kill(-(holder.pid ?? 0), 'SIGKILL')
      await step
    }),
  { limitMs: 10_000 },
)

test.unless(noClockLab, 'a reader never sees the clock jump while a writer steers it', () =>
  withClock({}, async ({ environment }) => {
    const writer = `for my $i (1 .. 3000) { my $x = pack('L x4 q q x208', 2, 0, $i % 2 ? 3e7 : -3e7); syscall(${process.arch === 'arm64' ? 171 : 159}, $x) }`
    const reader = `use Time::HiRes qw(clock_gettime); my ($last, $worst) = (clock_gettime(0), 0);
      my $end = clock_gettime(1) + 1; while (clock_gettime(1) < $end) { my $now = clock_gettime(0);
      $worst = $last - $now if $last - $now > $worst; $last = $now } print $worst`
    const [{ stdout }] = await Promise.all([
      execute('perl', ['-e', reader], { env: environment }),
      execute('perl', ['-e', writer], { env: environment }),
    ])
    assert.ok(Number(stdout) < 2e-6, `went back by ${stdout} s`)
  }),
)

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
