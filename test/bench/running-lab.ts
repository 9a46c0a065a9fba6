import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../src/lab/lab.ts'
import { quoteArgv } from '../../src/transport/quote.ts'
import { hostNamed, sshTo, withLab } from '../fixtures/lab.ts'

/** A lab whose clocks are in step and whose daemons and receivers listen on every address, as isochron-orchestrate(8) asks. */
export interface RunningLab {
  readonly lab: Lab
  /** Names its hosts. */
  readonly inventory: string
  /** Writes an orchestration file over the first so many of its flows into a folder, and gives its path. */
  orchestrationFile(folder: string, flows: number): string
}

/** 100 frames at 10 ms: a test of one second from its start to its end. */
const frames = 100
export const trafficMs = frames * 10

const fastPtp = ['--logSyncInterval', '-3', '--logAnnounceInterval', '-2', '--announceReceiptTimeout', '3']
const stepThreshold = ['--step_threshold', '0.00002']
const senders = ['A', 'B']
const firstPort = 5000

/**
 * Hosts A and B send in turns to C: flow i is the (i / 2)th daemon of its host. Every process is ended by the pid that
 * it was recorded with, before the lab goes.
 */
export const withRunningLab = <T>(flows: number, use: (lab: RunningLab) => Promise<T>): Promise<T> =>
  withLab({ hosts: [...senders, 'C'], fastPtp: true }, async lab => {
    const all = Array.from({ length: flows }, (_, i) => i)
    try {
      await Promise.all(
        [...senders, 'C'].map(async host => {
          await start(lab, host, 'ptp4l', ['ptp4l', '-i', 'eth0', '-m', '-2', '-P', ...fastPtp, ...stepThreshold])
          await start(lab, host, 'phc2sys', ['phc2sys', '-m', '-a', '-rr', '-R', '8', ...stepThreshold])
        }),
      )
      for (const flow of all) await startFlow(lab, flow)
      return await use({
        lab,
        inventory: lab.inventory,
        orchestrationFile: (folder, count) => {
          const file = join(folder, `${count}-flows.txt`)
          writeFileSync(
            file,
            all
              .slice(0, count)
              .map(flow => section(lab, flow))
              .join('\n'),
          )
          return file
        },
      })
    } finally {
      await Promise.all([...senders, 'C'].map(host => endAll(lab, host)))
    }
  })

const senderOf = (flow: number) => senders[flow % senders.length] as string
const daemonPort = (flow: number) => firstPort + Math.floor(flow / senders.length)
const receiverPort = (flow: number) => firstPort + flow
/** Two protocols that nobody uses apart, so that every receiver hears its own sender alone. */
const etypeOf = (flow: number) => `0x${(0xdead + flow).toString(16)}`

async function startFlow(lab: Lab, flow: number): Promise<void> {
  const [sender, port] = [senderOf(flow), daemonPort(flow)]
  const pidFile = `${pids}/daemon-${flow}`
  const log = `/run/bench/daemon-${flow}.log`
  // It leaves for the background by itself, as soon as it listens.
  const daemon = ['isochron', 'daemon', '--stats-port', `${port}`, '--pid-file', pidFile, '--log-file', log]
  const receiver = ['isochron', 'rcv', '--interface', 'eth0', '--etype', etypeOf(flow), '--quiet']
  await on(lab, sender, quoteArgv(daemon))
  await start(lab, 'C', `rcv-${flow}`, [...receiver, '--stats-port', `${receiverPort(flow)}`])
  await on(lab, 'C', untilListening(receiverPort(flow)))
}

function section(lab: Lab, flow: number): string {
  const [sender, receiver] = [hostNamed(lab, senderOf(flow)).address, hostNamed(lab, 'C').address]
  const send = {
    client: receiver,
    'stats-port': receiverPort(flow),
    interface: 'eth0',
    'num-frames': frames,
    'base-time': flow * 500_000,
    'cycle-time': '0.01',
    'frame-size': 500,
    etype: etypeOf(flow),
    // Ten times what these clocks keep to: how well they do is not the subject.
    'sync-threshold': 1000,
    'output-file': `flow-${flow}.dat`,
  }
  const options = Object.entries(send).map(([name, value]) => `--${name} ${value}`)
  return `[flow-${flow}]\nhost = ${sender}\nport = ${daemonPort(flow)}\nexec = isochron send ${options.join(' ')}\n`
}

const pids = '/run/bench/pids'

/** In a session of its own; its pid goes into a file. */
const start = (lab: Lab, host: string, name: string, argv: readonly string[]) =>
  on(
    lab,
    host,
    `mkdir -p ${pids}; setsid ${quoteArgv(argv)} </dev/null >/run/bench/${name}.log 2>&1 & echo $! >${pids}/${name}`,
  )

const untilListening = (port: number) => `until ss -Htln sport = ${port} | grep -q .; do sleep 0.02; done`

const endAll = (lab: Lab, host: string) => on(lab, host, `for file in ${pids}/*; do kill "$(cat "$file")"; done`)

async function on(lab: Lab, host: string, command: string): Promise<void> {
  const { code, stdout, stderr } = await sshTo(lab, host, command)
  if (code !== 0) throw new Error(`on ${host}, ${command} ended with ${code}: ${stdout}${stderr}`)
}
