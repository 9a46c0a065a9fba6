import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { LabHost } from '../../src/lab/lab.ts'
import { onHost } from '../fixtures/host-state.ts'
import { hostNamed, labReason } from '../fixtures/lab.ts'
import { withShadow } from '../fixtures/shadow-program.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'
import { iperf3Flow, onToolRun, startsOf, toolPlaybook, validity } from '../fixtures/tool-run.ts'

const test = suite('ports of traffic tools, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'] })
const reason = labReason()
const limitMs = 90_000

const portOf = ({ argv }: { readonly argv: readonly string[] }) =>
  argv.find(word => word.startsWith('--port='))?.slice('--port='.length)

/** A server of somebody else on a host of the lab, until `use` is over. */
async function withStranger(host: LabHost, command: string, use: () => Promise<void>): Promise<void> {
  const pid = onHost(host, 'sh', '-ec', `setsid ${command} </dev/null >/dev/null 2>&1 & echo $!`).trim()
  try {
    await use()
    onHost(host, 'kill', '-0', pid)
  } finally {
    onHost(host, 'sh', '-c', 'kill "$1"; rm -f /run/stranger.*', 'sh', pid)
  }
}

const listening = (host: LabHost, port: number) =>
  onHost(host, 'sh', '-c', `until ss -Htln 'sport = :${port}' | grep -q .; do sleep 0.05; done`)

test.unless(
  reason,
  'flows of one tool on one host have ports of their own, and a foreign server on the usual one serves none of them',
  shared.on(async lab => {
    const C = hostNamed(lab, 'C')
    await withStranger(C, 'iperf3 --server --port=5201 --logfile /run/stranger.log --forceflush', async () => {
      listening(C, 5201)
      const nuttcp = ['n', 'm'].map(name => `${name}: {from: A, to: C, tool: nuttcp, R: 5M, T: 1s, N: 2}`)
      const flows = [...['x', 'y', 'z'].map(name => iperf3Flow(name)), iperf3Flow('u', 'udp: true'), ...nuttcp]
      await onToolRun(lab, toolPlaybook(flows), (run, end) => {
        assert.is(end.code, 0, end.stderr)
        const ports = ['x', 'y', 'z', 'u'].flatMap(name => startsOf(run, `rcv-${name}`).map(portOf))
        assert.equal(ports.toSorted(), ['5202', '5203', '5204', '5205'])
        const control = ['n', 'm'].flatMap(name => startsOf(run, `rcv-${name}`).map(({ argv }) => argv[3]))
        assert.equal(control.toSorted(), ['-P5000', '-P5001'])
      })
      const served = readFileSync(`/proc/${C.pid}/root/run/stranger.log`, 'utf8')
      assert.not.match(served, /Accepted connection/)
    })
  }),
  { limitMs },
)

/** The receiver says which port it was given, and begins when somebody else has it. */
const slow = `case " $* " in *" --server "*)
  for word do case $word in --port=*) port=\${word#--port=};; esac; done
  if [ ! -s /run/stranger.port ]; then
    echo "$port" >/run/stranger.port
    until ss -Htln "sport = :$port" | grep -q .; do sleep 0.05; done
  fi;;
esac
exec $real "$@"`

/** Listens on that port as soon as it is said. */
const rival = `perl -MSocket -e '
  open my $file, ">", "/run/stranger.port";
  select undef, undef, undef, 0.02 until -s "/run/stranger.port";
  open $file, "<", "/run/stranger.port";
  socket my $socket, PF_INET, SOCK_STREAM, 0;
  bind $socket, sockaddr_in(<$file> + 0, INADDR_ANY) or die;
  listen $socket, 1;
  sleep'`

test.unless(
  reason,
  'a receiver whose port somebody takes after we have looked gets another one',
  shared.on(async lab => {
    const C = hostNamed(lab, 'C')
    await withStranger(C, rival, async () => {
      onHost(C, 'sh', '-c', 'until [ -e /run/stranger.port ]; do sleep 0.02; done')
      await withShadow(C, 'iperf3', slow, () =>
        onToolRun(lab, toolPlaybook([iperf3Flow('bulk')]), (run, end) => {
          assert.is(end.code, 0, end.stderr)
          assert.equal(startsOf(run, 'rcv-bulk').map(portOf), ['5201', '5202'])
          assert.equal(validity(end), [true])
        }),
      )
    })
  }),
  { limitMs },
)

test.run()
