import * as assert from 'uvu/assert'
import { labReason, sshTo } from '../fixtures/lab.ts'
import { startRun, withRuns } from '../fixtures/run-on-lab.ts'
import { sharedLab } from '../fixtures/shared-lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner: ptp4l of another domain is asked, on a lab')
const shared = sharedLab({ hosts: ['A', 'C'], fastPtp: true })
const reason = labReason()

/** Nobody else is in this domain, so each host becomes its own master: the gate has to hear that from ptp4l. */
const playbook = (options: string) => `name: Domain
hosts: {A: root@a, C: root@c}
vars: {interface: eth0}
sync:
  ptp4l: -2 -P --logAnnounceInterval -2 ${options}
  gate: {offset: 1us, require: [link, ptp], timeout: 40s}
flows:
  echo: {from: A, to: C, tool: ping, c: 2, i: 200ms}
`

for (const [what, options, perl] of [
  ['on its command line', '--domainNumber 24 --transportSpecific 1', 'perl'],
  ['in its file', '-f /root/gptp.cfg', 'perl'],
  ['on a host without perl', '--domainNumber 24 --transportSpecific 1', 'none'],
] as const)
  test.unless(
    reason,
    `its domain and transportSpecific stand ${what}`,
    shared.on(async lab => {
      for (const host of ['A', 'C']) {
        await sshTo(lab, host, `printf '[global]\\ndomainNumber 24\\ntransportSpecific 0x1\\n' > /root/gptp.cfg`)
        if (perl === 'none') await sshTo(lab, host, 'mkdir -p /root/kept && mv /usr/bin/perl /root/kept/perl')
      }
      try {
        await withRuns(async runs => {
          const run = startRun(lab, runs, playbook(options))
          const end = await run.ended
          assert.is(end.code, 0, `${JSON.stringify(end.problems)} ${end.stderr}`)
          assert.is(run.of('gate_passed').length, 1)
          const [reading] = run.of('gate_round').at(-1)?.hosts ?? []
          assert.equal([reading?.reading.portState, reading?.reading.link], ['MASTER', 'up'])
        })
      } finally {
        if (perl === 'none') for (const host of ['A', 'C']) await sshTo(lab, host, 'mv /root/kept/perl /usr/bin/perl')
      }
    }),
    { limitMs: 90_000 },
  )

test.run()
