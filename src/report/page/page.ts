import type { RunRecord } from '../run-folder.ts'
import { formatMoment, formatSpan, measuresItself, reasonsOf, verdictOf } from '../wording.ts'
import { cellSections } from './cell-section.ts'
import { clockSection } from './clock-section.ts'
import { flowSections } from './flow-section.ts'
import { html, type Markup } from './markup.ts'
import { style } from './style.ts'
import { captureTable, expectationTable, flowFigures, hostTable, stepTable, toolFigures } from './tables.ts'

/** A run as one page that needs nothing else: no script, no file beside it, no network. */
export function renderPage(record: RunRecord): string {
  const { name, flows, captures, result, story, steps, experiment } = record
  const expectations = result?.expectations ?? story.judged
  const logged = flows.filter(flow => !measuresItself(flow))
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: ${verdictOf(record)}</title>
<style>${{ html: style }}</style>
</head>
<body>
<header>${head(record)}</header>
<main>
${steps.length > 0 ? html`<h2>Steps</h2>${stepTable(steps)}` : undefined}
${expectations.length > 0 ? html`<h2>Expectations</h2>${expectationTable(expectations)}` : undefined}
${experiment === undefined ? undefined : cellSections(experiment)}
${flows.length > 0 ? html`<h2>Flows</h2>` : undefined}
${logged.length > 0 ? flowFigures(logged) : undefined}
${logged.length < flows.length ? toolFigures(flows.filter(measuresItself)) : undefined}
${flowSections(logged)}
${captures.length > 0 ? html`<h2>Captures</h2>${captureTable(captures)}` : undefined}
${clockSection(record)}
${attempts(record)}
${story.hosts.size > 0 ? html`<h2>Hosts</h2>${hostTable(record)}` : undefined}
${files(record)}
</main>
</body>
</html>
`.html
}

function head(record: RunRecord): Markup {
  const { name, result, story } = record
  const verdict = verdictOf(record)
  const started = result?.started ?? story.started
  const took = formatSpan(started, result?.ended ?? story.lastSeen)
  const reasons = reasonsOf(record)
  const facts = [
    started && formatMoment(started),
    took && `took ${took}`,
    result?.clocks && 'clocks not watched',
    result && `exit code ${result.exitCode}`,
    result && `Lockstep ${result.lockstep}`,
  ].filter(fact => fact !== undefined && fact !== '')
  return html`<span class="verdict ${verdict.replace(' ', '-')}">${verdict}</span>
<h1>${name}</h1>
<p class="soft">${facts.join(' · ')}${result && html` · <code>${result.playbook}</code>`}</p>
${reasons.length > 0 ? html`<ul class="reasons">${reasons.map(reason => html`<li>${reason}</li>`)}</ul>` : undefined}`
}

/** Only worth a section when one was void. */
function attempts({ result }: RunRecord): Markup | undefined {
  if (result === undefined || result.attempts.every(({ valid }) => valid)) return undefined
  return html`<h2>Attempts</h2><ol>${result.attempts.map(
    ({ valid, reasons }) => html`<li>${valid ? 'valid' : `void: ${reasons.join('; ')}`}</li>`,
  )}</ol>`
}

function whatIs(file: string): string {
  const what = file.endsWith('.pcap') ? 'capture' : /\.(out|err)$/.test(file) ? 'what a program printed' : 'packet log'
  return file.startsWith('attempts/') ? `${what}, of a void attempt` : what
}

function files({ flows, voidLogs, steps, experiment }: RunRecord): Markup {
  const logs = [...flows.flatMap(({ file }) => file ?? []), ...voidLogs]
  const row = (file: string, what: string) =>
    html`<tr><th scope="row"><code>${file}</code></th><td class="text wide">${what}</td></tr>`
  return html`<h2>Files of this run</h2><div class="scroll"><table><tbody>
${flows.flatMap(({ name: flow, outputs = [] }) => outputs.map(file => row(file, `what a program of ${flow} printed`)))}
${logs.map(file => row(file, whatIs(file)))}
${steps.length > 0 ? row('steps/', 'what each step printed on each host') : undefined}
${experiment === undefined ? undefined : [row('cells/', 'a run folder for each cell'), row('cells.csv, cells.json', 'the figures of the configurations')]}
${row('sync.ndjson', 'every reading of the clocks')}
${row('events.ndjson', 'everything that happened')}
${row('hosts/', 'what each host is, and what its processes printed')}
${row('playbook.json', 'the playbook as resolved')}
</tbody></table></div>`
}
