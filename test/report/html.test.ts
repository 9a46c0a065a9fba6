import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { writeHtmlReport } from '../../src/report/html.ts'
import { html } from '../../src/report/page/markup.ts'
import type { RunResult } from '../../src/runner/result.ts'
import { decodeDat } from '../../src/stats/dat-file.ts'
import { ns } from '../../src/units/quantity.ts'
import { datBytes, type PacketTimes } from '../fixtures/dat-bytes.ts'
import {
  eventLines,
  type Files,
  flowOutlines,
  moment,
  resultJson,
  startedRun,
  withFolder,
} from '../fixtures/made-run.ts'
import { random } from '../fixtures/random.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('html report')

const log = readFileSync('test/fixtures/dat/thousand-a.dat')
const flow = { ...flowOutlines[0], file: 'flows/a.dat', sent: 1000, received: 1000, figures: { lost: '0' } }

function files(over: Partial<RunResult> = {}, more: Files = {}): Files {
  const events = eventLines([
    startedRun,
    { kind: 'host_ready', host: 'A', summary: 'Linux 6.1, igb, PHC 0' },
    { kind: 'gate_round', round: 3, good: 3, needed: 3, limit: ns(100n), hosts: [] },
    { kind: 'traffic_started', attempt: 1, flows: [], lastsMs: 1000 },
    { kind: 'traffic_ended', attempt: 1 },
  ])
  return { 'result.json': resultJson({ flows: [flow], ...over }), 'events.ndjson': events, 'flows/a.dat': log, ...more }
}

const pageOf = (made: Files) =>
  withFolder(made, async folder => {
    const written = await writeHtmlReport(folder)
    assert.equal(written, [join(folder, 'report.html')])
    assert.equal(
      readdirSync(folder).filter(name => name.endsWith('.new')),
      [],
      'nothing half written is left',
    )
    return readFileSync(join(folder, 'report.html'), 'utf8')
  })

test('a packet log at hand is drawn without its file', () =>
  withFolder(files(), async folder => {
    await writeHtmlReport(folder)
    const read = readFileSync(join(folder, 'report.html'), 'utf8')
    rmSync(join(folder, 'flows/a.dat'))
    await writeHtmlReport(folder, new Map([[join(folder, 'flows/a.dat'), decodeDat(log, 'a')]]))
    assert.is(readFileSync(join(folder, 'report.html'), 'utf8'), read)
  }))

const count = (text: string, part: string) => text.split(part).length - 1

/** Every tag that is opened is closed, in order. */
function assertBalanced(page: string): void {
  const open: string[] = []
  const endless = new Set(['meta', 'br', '!doctype'])
  const bare = new Set([...endless, 'path', 'rect'])
  for (const [, end, name = '', self] of page.matchAll(/<(\/?)([a-z!][a-z0-9]*)(?:"[^"]*"|[^">])*?(\/?)>/gi)) {
    if (bare.has(name.toLowerCase())) assert.ok(self === '/' || endless.has(name.toLowerCase()), `<${name}> is closed`)
    else if (end === '') open.push(name)
    else assert.is(open.pop(), name, `</${name}> closes its own`)
  }
  assert.equal(open, [])
}

function readings(hosts: readonly string[], each: number): string {
  const die = random(1)
  return Array.from({ length: each }, (_, i) =>
    hosts.map(host =>
      JSON.stringify({
        at: moment(i * 100),
        phase: i > each / 2 ? 'traffic' : 'gate',
        attempt: 1,
        host,
        phcOffset: String(die.int(-90, 90)),
        systemOffset: i === 0 ? '37000000000' : String(die.int(-90, 90)),
        ok: true,
        reasons: [],
      }),
    ),
  )
    .flat()
    .join('\n')
}

test('the page stands alone: no script, no other file, no network', async () => {
  const page = await pageOf(files({}, { 'sync.ndjson': readings(['A', 'B'], 30) }))
  assertBalanced(page)
  assert.not.match(page, /<script|<link|<img|<iframe|url\(|@import|https?:|src=/i)
  assert.match(page, /^<!doctype html>\n<html lang="en">/)
  assert.match(page, /prefers-color-scheme:dark/)
})

test('verdict, figures, expectations, hosts and files are there', async () => {
  const page = await pageOf(
    files({
      verdict: 'fail',
      exitCode: 1,
      reasons: ['a: path-delay.max < 10us, got 18.499us'],
      attempts: [
        { attempt: 1, valid: false, reasons: ['link down'] },
        { attempt: 2, valid: true, reasons: [] },
      ],
      expectations: [{ expectation: 'path-delay.max < 10us', flow: 'a', value: '18.499us', outcome: 'not met' }],
    }),
  )
  assert.match(page, '<span class="verdict fail">fail</span>')
  assert.match(page, '<li>a: path-delay.max &lt; 10us, got 18.499us</li>')
  assert.match(page, '<td class="text not-met">not met</td>')
  assert.match(page, '<li>void: link down</li>')
  assert.match(page, 'Linux 6.1, igb, PHC 0')
  assert.match(page, '<code>flows/a.dat</code>')
})

test('steps are there, those that failed first, with where and why', async () => {
  const at = { tries: 1, tookMs: 5 }
  const step = { phase: 'setup', tookMs: 1234 }
  const reason = 'not so: <1> & more'
  const steps = [
    { ...step, step: 1, name: 'Look', hosts: [{ ...at, host: 'A', outcome: 'ok' }] },
    { ...step, step: 2, name: 'Load', hosts: [{ ...at, host: 'B', item: 'igb', outcome: 'failed', reason }] },
  ] as const
  const page = await pageOf(files({ steps }))
  const table = /<h2>Steps<\/h2>[\s\S]*?<\/table>/.exec(page)?.[0] ?? ''
  assert.equal(
    [...table.matchAll(/<th scope="row">(\d)</g)].map(([, number]) => number),
    ['2', '1'],
  )
  assert.match(table, 'Load<br><span class="not-met">B (igb): not so: &lt;1&gt; &amp; more</span>')
  assertBalanced(page)
})

test('every chart says in words what it shows', async () => {
  const page = await pageOf(files({}, { 'sync.ndjson': readings(['A', 'B', 'C'], 30) }))
  assert.is(count(page, '<svg '), 4 + 3)
  assert.is(count(page, 'role="img" aria-label="'), 4 + 3)
  assert.match(page, 'aria-label="Path delay: 1000 packets, from 846ns to 18.499us, mean 2.07us, 99 % at most ')
  assert.match(page, /aria-label="B: during traffic PHC at most \d+ns and system clock at most \d+ns off, limit 100ns"/)
})

test('the limit of the gate and the traffic are drawn', async () => {
  const page = await pageOf(files({}, { 'sync.ndjson': readings(['A'], 60) }))
  assert.is(count(page, '<path class="limit"'), 2)
  assert.is(count(page, '<rect class="band"'), 1)
})

test('a chart without a clock reading, and a run cut off, are left out or said', async () => {
  const { 'result.json': _, 'flows/a.dat': __, ...rest } = files()
  const page = await pageOf(rest)
  assertBalanced(page)
  assert.not.match(page, '<h2>Clocks</h2>')
  assert.match(page, '<span class="verdict cut-off">cut off</span>')
  assert.match(page, '<p class="soft">no packet log</p>')
})

test('names of strangers stay text', async () => {
  const name = '<script>alert("x")</script> & \'y\''
  const page = await pageOf(files({ name, flows: [{ ...flow, name }], reasons: [name] }))
  assertBalanced(page)
  assert.not.match(page, '<script')
  assert.match(page, '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;')
  assert.is(html`${'\u0000\u001b'}`.html, '\ufffd\ufffd')
})

test('every kind of distribution is drawn with numbers only', async () => {
  const packet = (delay: bigint): PacketTimes => ({
    scheduled: 1000n,
    wakeup: 900n,
    txHardware: 1000n,
    txSoftware: 1000n,
    txSched: 1000n,
    rxHardware: 1000n + delay,
    rxSoftware: 1000n,
    arrival: 2000n,
  })
  const kinds: Record<string, readonly bigint[]> = {
    single: [5n],
    equal: [5n, 5n, 5n],
    negative: [-5n, 7n],
    'far apart': [1n, 1_000_000_000_000n],
    zero: [0n, 0n],
  }
  for (const [kind, delays] of Object.entries(kinds)) {
    const page = await pageOf(files({}, { 'flows/a.dat': datBytes({ packets: delays.map(packet) }) }))
    assertBalanced(page)
    assert.not.match(page, /NaN|Infinity|undefined/, kind)
    assert.is(count(page, '<svg '), 4, kind)
  }
})

test('a flow of which nothing arrived says so', async () => {
  const page = await pageOf(files({}, { 'flows/a.dat': datBytes({ packets: [{ received: false }] }) }))
  assert.match(page, 'no packet was both stamped and received')
})

test('the page of a large test stays small', async () => {
  const die = random(7)
  const packets = Array.from({ length: 60_000 }, (_, i): PacketTimes => {
    const scheduled = 1_000_000n * BigInt(i + 1)
    const sent = scheduled - BigInt(die.int(1, 500_000))
    const stamps = { txHardware: sent, txSoftware: sent, txSched: sent, wakeup: sent }
    return { scheduled, ...stamps, rxHardware: sent + BigInt(die.int(1, 90_000)), rxSoftware: sent, arrival: sent }
  })
  const page = await pageOf(
    files({}, { 'flows/a.dat': datBytes({ packets }), 'sync.ndjson': readings(['A', 'B', 'C'], 3000) }),
  )
  assert.not.match(page, /NaN|Infinity|undefined/)
  assert.ok(page.length < 300_000, `${page.length} characters`)
})

test('captures stand with their file, host, packets and octets, and with what is not in them', async () => {
  const at = { interface: 'eth0', timestamps: 'host', precision: 'ns' } as const
  const captures = [
    { host: 'A', ...at, file: 'captures/A.pcap', packets: 40, octets: 3264, captured: 40, dropped: 0 },
    {
      host: 'B',
      ...at,
      file: 'captures/B.pcap',
      packets: 17,
      octets: 1400,
      captured: 100,
      dropped: 3,
      full: true as const,
    },
    { host: 'C', ...at, packets: 0, fault: 'the connection to <C> broke off' },
  ]
  const page = await pageOf(files({ captures }, { 'attempts/1/A.pcap': '' }))
  assertBalanced(page)
  const rows = page.slice(page.indexOf('<h2>Captures</h2>')).split('<tr>').slice(2, 5)
  const texts = rows.map(row => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell))
  assert.equal(texts, [
    ['<code>captures/A.pcap</code>', 'A', 'eth0', '40', '3264', '0', 'host', ''],
    [
      '<code>captures/B.pcap</code>',
      ...['B', 'eth0', '17', '1400', '3', 'host', 'cut by its bound: 83 of 100 packets are not in it'],
    ],
    ['-', 'C', 'eth0', '0', '-', '-', 'host', 'the connection to &lt;C&gt; broke off'],
  ])
  assert.ok(page.includes('<code>attempts/1/A.pcap</code></th><td class="text wide">capture, of a void attempt</td>'))
})

test('a run without captures has no section of them', async () => {
  assert.not.ok((await pageOf(files())).includes('Captures'))
})

test.run()
