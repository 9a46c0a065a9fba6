import * as assert from 'uvu/assert'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { labReason, say } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools against their manuals')
const reason = labReason()

const unique = (names: Iterable<string>) => [...new Set(names)]
const matches = (text: string, pattern: RegExp) => unique([...text.matchAll(pattern)].map(([, name = '']) => name))

/** How the installed program lists its options, and what of that is no option of its own. */
const manuals: Readonly<Record<string, { argv: readonly string[]; names: (text: string) => readonly string[] }>> = {
  iperf3: { argv: ['iperf3', '--help'], names: text => matches(text, /^ +(?:-\w, )?--([\w-]+)/gm) },
  iperf: { argv: ['iperf', '--help'], names: text => matches(text, /^ +(?:-\w, )?--([\w-]+)/gm) },
  nuttcp: {
    argv: ['nuttcp', '-h'],
    // Usage lines hold -h, -V, -t, -r, -S and -xt; a word like -fparse is an option of its own.
    names: text =>
      unique([
        ...matches(text, /^\t(?:--|-)([a-zA-Z0-9-]+?)(?:##|xxx)?(?:\[v\])?(?:[\t ]|$)/gm),
        ...matches(text, /nuttcp (?:or nuttcp )?\[?-([hVtrSx]t?)[\]\t [fP]/gm),
      ]),
  },
  ping: { argv: ['ping', '-h'], names: text => matches(text, /^ {2}-(\w)\b/gm) },
  traceroute: {
    argv: ['traceroute', '--help'],
    names: text => {
      const long = matches(text, /^ {2}(?:-\S+(?: [\w,.]+)? {2})?--([\w-]+)/gm)
      const short = matches(text, /^ {2}-(\w+)(?: {2,}| [a-z_,.]+ {2,}(?!--))(?!.*--\w)/gm)
      return unique([...long, ...short, 'packetlen'])
    },
  },
  tracepath: { argv: ['tracepath', '-h'], names: text => matches(text, /^ {2}-(\w)\b/gm) },
}

for (const tool of trafficTools) {
  test.unless(reason, `every option of the installed ${tool.name} is supported, or refused with a reason`, async () => {
    const { argv, names } = manuals[tool.name] ?? { argv: [], names: () => [] }
    const { stdout, stderr } = await say(argv)
    const listed = names(stdout + stderr)
    assert.ok(listed.length >= 5, `only ${listed.join(' ')} in the help of ${tool.name}`)
    const known = [...Object.keys(tool.options), ...Object.keys(tool.refused)]
    assert.equal(
      listed.filter(name => !known.includes(name)),
      [],
      'options that we do not know',
    )
    assert.equal(
      known.filter(name => !listed.includes(name)),
      [],
      'options that the program does not have',
    )
    assert.equal(
      Object.keys(tool.options).filter(name => Object.hasOwn(tool.refused, name)),
      [],
      'options that are supported and refused',
    )
  })
}

test.run()
