import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { filesBelow } from '../../src/cli/inventory-files.ts'
import { readConfigFile } from '../../src/inventory/config-file.ts'
import { listJson } from '../../src/inventory/list-json.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { newReport } from '../../src/inventory/report.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/oracle')

/** LOCKSTEP_SEED tries other inventories than the usual ones. */
const seed = Number(process.env['LOCKSTEP_SEED'] ?? 1)

const letters = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength }).map(parts => parts.join(''))

const numbers = fc.oneof(
  letters('0123456789', 20),
  letters('0017xobXOBaef_', 8),
  letters('0123456789.eE+-_', 10),
  fc.double({ noNaN: true }).map(String),
  fc.bigInt().map(String),
)
const words = fc.constantFrom(
  'True',
  'False',
  'None',
  'true',
  'yes',
  'on',
  'y',
  'null',
  '~',
  'eth0',
  'a=b',
  'ä',
  '10.0.0.1',
)
const pythonTexts = letters(`ab'"\\nx41u0tr `, 6).map(body => `'${body.replaceAll(/[\\'"]+/g, '')}'`)
const collections = fc
  .array(
    fc.oneof(
      numbers.filter(each => /^[1-9]\d*$/.test(each)),
      pythonTexts,
      fc.constantFrom('True', 'None', '1.5'),
    ),
    {
      maxLength: 4,
    },
  )
  .chain(items => fc.constantFrom(`[${items.join(', ')}]`, `(${items.join(',')},)`, `{'k': [${items.join(',')}]}`))
  .filter(each => each !== '(,)')

/** What may follow `=` in a section of variables. */
const iniValues = fc.oneof(numbers, words, pythonTexts, collections, letters(`01a.'"[]()-+_,#: `, 8))
/** The same on a host line, where the shell's rules come first. */
const hostValues = fc.oneof(
  numbers,
  words,
  pythonTexts.map(each => `"${each}"`),
  collections.map(each => `"${each}"`),
)
/** Plain scalars of YAML. */
const yamlValues = fc.oneof(
  fc
    .oneof(numbers, words, letters('0123456789:', 10), letters('0123456789:._-', 12))
    .filter(each => /^(?:[\w.~ä]|[-+][\d.])(?:.*[^:])?$/.test(each)),
  fc.constantFrom(
    '!!str 010',
    '!!int "7"',
    '!!float 5',
    '2024-01-31',
    '"\\x41"',
    "'it''s'",
    '[1, {a: 010}]',
    '{y: no}',
  ),
)

const groups = ['alpha', 'beta', 'gamma', 'delta', 'omega']
const names = fc.constantFrom('h[1:4]', 'n[08:12:2].lab', 'x-[a:c]', 'h2', 'h3', 'solo', 'n10.lab', '10.0.0.7:2222')
const variables = (values: fc.Arbitrary<string>) =>
  fc.dictionary(letters('abcdef', 2), values, { maxKeys: 8, noNullPrototype: true }).map(Object.entries<string>)
const numbered = <T>(arbitrary: fc.Arbitrary<T>) => fc.tuple(...groups.map(() => arbitrary))
/** Only later groups are children: there are no loops. */
const childrenOf = (i: number) => fc.subarray(groups.slice(i + 1))
const families = fc.tuple(...groups.map((_, i) => childrenOf(i)))

const iniHosts = fc
  .array(fc.tuple(names, variables(hostValues)), { maxLength: 4 })
  .map(hosts =>
    hosts.map(([name, vars]) => `${[name, ...vars.map(([key, value]) => `${key}=${value}`)].join(' ')}\n`).join(''),
  )
const iniFile = fc.tuple(iniHosts, numbered(iniHosts), families, numbered(variables(iniValues))).map(
  ([loose, hosts, children, vars]) =>
    loose +
    groups
      .map((group, i) => {
        const lines = (vars[i] ?? []).map(([key, value]) => `${key} = ${value}\n`).join('')
        return `[${group}]\n${hosts[i]}[${group}:children]\n${children[i]?.join('\n')}\n[${group}:vars]\n${lines}`
      })
      .join(''),
)

const block = (indent: string, vars: readonly [string, string][]) =>
  vars.map(([key, value]) => `${indent}${key}: ${value}\n`).join('')
const yamlHosts = fc
  .uniqueArray(fc.tuple(names, variables(yamlValues)), { maxLength: 4, selector: ([name]) => name })
  .map(hosts => hosts.map(([name, vars]) => `    "${name}":\n${block('      ', vars)}`).join(''))
const yamlFile = fc
  .tuple(numbered(yamlHosts), families, numbered(variables(yamlValues)))
  .map(([hosts, children, vars]) =>
    groups
      .map((group, i) => {
        const below = (children[i] ?? []).map(child => `    ${child}:\n`).join('')
        return `${group}:\n  hosts:\n${hosts[i]}  children:\n${below}  vars:\n${block('    ', vars[i] ?? [])}`
      })
      .join(''),
  )
const varsFile = variables(yamlValues).map(vars => `---\n${block('', vars)}`)

const inventories = fc.record({
  'hosts.ini': iniFile,
  'more.yml': yamlFile,
  'group_vars/all.yml': varsFile,
  'group_vars/beta.yml': varsFile,
  'host_vars/h2.yml': varsFile,
})

const sources = ['-i', 'hosts.ini', '-i', 'more.yml']

async function ansibleList(cwd: string): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: cwd, ANSIBLE_CONFIG: join(cwd, 'ansible.cfg'), LC_ALL: 'C.UTF-8' }
  const child = spawn('ansible-inventory', [...sources, '--list'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  // Ansible goes on after a source that it cannot read; then there is nothing to compare.
  assert.is(code, 0, stderr)
  assert.not.match(stderr, /Failed to parse|Unable to parse/)
  return stdout
}

async function checkAgainstAnsible(files: Readonly<Record<string, string>>): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'lockstep-oracle-'))
  try {
    for (const [name, content] of Object.entries({ ...files, 'ansible.cfg': '' })) {
      mkdirSync(join(cwd, dirname(name)), { recursive: true })
      writeFileSync(join(cwd, name), content)
    }
    const ours = listJson(loadInventory(['hosts.ini', 'more.yml'], { files: filesBelow(cwd) }))
    assert.equal(`${ours}\n`.split('\n'), (await ansibleList(cwd)).split('\n'))
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const missing =
  spawnSync('ansible-inventory', ['--version']).status === 0 ? undefined : 'ansible-inventory is not installed'

test.unless(
  missing,
  `made-up inventories (seed ${seed}) are listed as the installed ansible-inventory lists them`,
  async () => {
    for (const files of fc.sample(inventories, { seed, numRuns: 6 })) await checkAgainstAnsible(files)
  },
  { limitMs: 120_000 },
)

/** Lines of ansible.cfg, more or less. */
const configLines = fc.oneof(
  fc.constantFrom('[defaults]', '[d]', '[e]', '[DEFAULT]', '', '# note', '  ; note', '[d] ; note', ' [e]'),
  fc
    .tuple(
      fc.constantFrom('', '', ' ', '   '),
      fc.constantFrom('k', 'K', 'key two', 'l', '%', ''),
      fc.constantFrom('=', ':', ' = ', ' : ', '', ' '),
      fc.oneof(letters('ab1;#=:%"\' ', 8), fc.constantFrom('v ; note', 'v;w', '%(x)s', '', 'a, b')),
    )
    .map(parts => parts.join('')),
)
const configs = fc.array(configLines, { maxLength: 8 }).map(lines => `[defaults]\n${lines.join('\n')}\n`)

/** As Ansible sets it up. Prints the values of every section, or null for a file that is refused. */
const configparser = `
import configparser, json, sys
read = []
for text in json.load(sys.stdin):
    parser = configparser.ConfigParser(inline_comment_prefixes=(';',))
    try:
        parser.read_string(text)
        read.append({s: dict(parser.items(s, raw=True)) for s in parser.sections()})
    except configparser.Error:
        read.append(None)
json.dump(read, sys.stdout)
`

function ourValues(text: string): unknown {
  const report = newReport()
  const config = readConfigFile('ansible.cfg', text, report)
  if (report.problems.length > 0) return null
  const valuesOf = (section: string) =>
    [...(config.get('DEFAULT') ?? []), ...(config.get(section) ?? [])].map(([key, { text: value }]) => [key, value])
  const sections = [...config.keys()].filter(name => name !== 'DEFAULT')
  return Object.fromEntries(sections.map(name => [name, Object.fromEntries(valuesOf(name))]))
}

test.unless(missing, `made-up ansible.cfg (seed ${seed}) are read as Python's configparser reads them`, () => {
  const texts = fc.sample(configs, { seed, numRuns: 2_000 })
  const { stdout } = spawnSync('python3', ['-c', configparser], { input: JSON.stringify(texts), encoding: 'utf8' })
  const expected = JSON.parse(stdout)
  for (const [i, text] of texts.entries()) assert.equal(ourValues(text), expected[i], text)
})

test.run()
