import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { type ClockTruth, compileClocks, driftClock, readTruth, stepClock } from '../../src/lab/clocks.ts'
import { noClockLab, withClock } from '../fixtures/clock-rig.ts'
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

test.unless(noClockLab, 'a stamp taken before a step and read after it is converted with the clock of then', () =>
  withClock({ systemOffsetNs: hour }, async ({ environment, folder, tool, state }) => {
    const program = join(folder, 'probe')
    await execute('cc', ['-o', program, 'test/fixtures/stamp-probe.c'])
    const probe = spawn(program, { env: environment, stdio: ['pipe', 'pipe', 'inherit'] })
    let output = ''
    probe.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const closed = once(probe, 'close')
    await once(probe.stdout, 'data')
    await stepClock(tool, state, 'system', 7_000_000_000n)
    probe.stdin.end('\n')
    assert.is((await closed)[0], 0)
    const [sent = 0n, stamp = 0n, read = 0n] = output.trim().split('\n').map(BigInt)
    assert.ok(stamp >= sent - 1_000n && stamp - sent < 1_000_000_000n, `stamped ${stamp - sent} ns after sending`)
    assert.ok(read - stamp > 7_000_000_000n, `read ${read - stamp} ns after the stamp`)
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

test.unless(noClockLab, 'a file that is no clock state stops programs and tools, for fear of the real clock', () =>
  withClock({}, async ({ environment, tool, folder }) => {
    const wrong = join(folder, 'wrong')
    await writeFile(wrong, 'something else')
    const date = await execute('date', [], { env: { ...environment, VCLOCK: wrong } }).catch(error => error)
    assert.is(date.code, 127)
    assert.match(date.stderr, /not a clock state of this version/)
    const refused = await stepClock(tool, wrong, 'phc', 1n).catch(error => error)
    assert.is(refused.code, 'LAB_CLOCK')
    assert.is(refused.message, `${wrong}: not a clock state of this version`)
  }),
)

test.unless(noClockLab, 'without a C compiler the Debian package is named', () =>
  withClock({}, async ({ folder }) => {
    const path = process.env['PATH']
    process.env['PATH'] = folder
    try {
      const failed = await compileClocks({ root: process.cwd(), into: join(folder, 'programs') }).catch(error => error)
      assert.is(failed.code, 'LAB_COMPILER')
      assert.match(failed.hint, /gcc and libc6-dev/)
      assert.equal(await readdir(join(folder, 'programs')), [], 'nothing half-made is left')
    } finally {
      process.env['PATH'] = path
    }
  }),
)

test.run()
