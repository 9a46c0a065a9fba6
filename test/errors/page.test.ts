import { type Code, codes, exitCodeOf } from '../../src/errors/codes.ts'
import { isFreshText } from '../fixtures/fresh.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('errors/page')

const families: Readonly<Record<string, string>> = {
  USAGE: 'The command line',
  SCHEMA: 'The form of a file',
  PLAYBOOK: 'What a playbook says',
  INVENTORY: 'Inventories',
  LIMITS: 'Limits of shared hosts',
  DAT: 'Packet logs',
  ORCHESTRATION: 'Orchestration files of isochron',
  LAB: 'The virtual lab',
  SSH: 'Connections',
  HOST: 'Hosts',
  BOOK: 'Claims and reservations',
  WIRE: "isochron's management protocol",
  SYNC: 'Clocks and the common start',
  STEP: 'What happens during a run',
  USER: 'The user',
}

const familyOf = (code: Code) => code.slice(0, code.indexOf('_'))

/** The page of error codes: a table per family, in the order of the codes. */
function errorsPage(): string {
  const all = Object.keys(codes) as Code[]
  const sections = [...new Set(all.map(familyOf))].map(family => {
    const own = all.filter(code => familyOf(code) === family)
    const rows = own.map(code => `| \`${code}\` | ${codes[code]} |`)
    const exit = exitCodeOf(own[0] ?? 'USAGE_VALUE')
    return `## ${families[family] ?? family}: exit code ${exit}\n\n| code | meaning |\n| --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Which errors are there?

Every error names its place in a file where it has one, says what was expected and what came, and what to do about it:

\`\`\`text
p.yml:15:3: there is no key 'cycle-tme' here  [SCHEMA_UNKNOWN_KEY]
     15 |   cycle-tme: 10ms
        |   ^
      hint: did you mean 'cycle-time'?
\`\`\`

The word in brackets is the code: scripts can count on it, the text may change. The exit codes given here are those of an
error that comes before a run has begun; [during a run](exit-codes.md) the first cause in time decides.

${sections.join('\n')}
---

Previous: [Exit codes](exit-codes.md) · Next: [The virtual lab](lab.md)
`
}

test('docs/errors.md is made from the table of codes', () => isFreshText('docs/errors.md', errorsPage()))

test.run()
