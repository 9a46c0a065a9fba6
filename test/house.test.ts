import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import * as assert from 'uvu/assert'
import { suite } from './fixtures/suite.ts'

const test = suite('house')

/** Which folders of src/ each folder may import from, besides itself, units and errors: the floors of the house. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: [
    'client',
    'output',
    'runner',
    'lab',
    'report',
    'transport',
    'management',
    'steps',
    'tools',
    'facts',
    'playbook',
    'inventory',
    'source',
    'wire',
    'sync',
    'stats',
  ],
  output: ['runner', 'sync'],
  runner: [
    'client',
    'transport',
    'management',
    'tools',
    'facts',
    'playbook',
    'inventory',
    'source',
    'wire',
    'sync',
    'stats',
  ],
  daemon: ['transport', 'management', 'tools', 'facts', 'playbook', 'limits', 'wire', 'book', 'sync'],
  broker: ['daemon', 'limits', 'transport', 'wire', 'book'],
  client: ['transport', 'tools', 'playbook', 'wire', 'book'],
  lab: ['transport'],
  report: ['source', 'stats', 'sync', 'runner'],
  transport: [],
  management: ['wire', 'sync'],
  steps: ['playbook', 'facts', 'wire'],
  tools: ['playbook', 'wire', 'stats'],
  facts: ['sync'],
  playbook: ['source', 'inventory', 'mesh', 'sync'],
  inventory: ['source'],
  limits: ['source', 'book'],
  source: [],
  wire: [],
  sync: [],
  book: [],
  mesh: [],
  stats: [],
  units: [],
  errors: [],
}

/** Floors whose folders hold values only: no sockets, files, clocks, environment or randomness. */
const pure = [
  'steps',
  'tools',
  'facts',
  'playbook',
  'inventory',
  'limits',
  'source',
  'wire',
  'sync',
  'book',
  'mesh',
  'stats',
  'units',
  'errors',
]
const worldly = /^node:(fs|net|child_process|dgram|http|os|process|timers|tls|dns|worker_threads)/

/** A library has one home. */
const homes: Readonly<Record<string, readonly string[]>> = {
  yaml: ['source'],
  ajv: ['source'],
  'minijinja-js': ['source'],
  ssh2: ['transport'],
  zx: ['transport'],
  listr2: ['output'],
  'log-update': ['output'],
  commander: ['cli'],
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
const text = new Map(files.map(file => [file, readFileSync(join('src', file), 'utf8')]))
const floorOf = (file: string) => file.split('/')[0] ?? ''

function importsOf(file: string): string[] {
  const found = (text.get(file) ?? '').matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"\n]*?(?:\{[^}]*\}[^'"\n]*)?from '([^']+)'|import\('([^']+)'\)/g,
  )
  return [...found].map(match => match[1] ?? match[2] ?? '')
}

test('src/ holds only the folders of the house', () => {
  assert.equal(
    files.map(floorOf).filter(floor => !(floor in mayImport)),
    [],
  )
})

test('imports go down, never up', () => {
  const climbing = files.flatMap(file =>
    importsOf(file)
      // The schemas are data that src/ and the editors share.
      .filter(name => name.startsWith('.') && !/^(\.\.\/)+schemas\/[\w.-]+\.json$/.test(name))
      .map(name => floorOf(normalize(join(dirname(file), name))))
      .filter(to => to !== floorOf(file) && !['units', 'errors', ...(mayImport[floorOf(file)] ?? [])].includes(to))
      .map(to => `${file} imports ${to}/`),
  )
  assert.equal(climbing, [])
})

test('every import names a file that is there', () => {
  const dangling = files.flatMap(file =>
    importsOf(file)
      .filter(name => name.startsWith('.') && !existsSync(join('src', dirname(file), name)))
      .map(name => `${file} imports ${name}`),
  )
  assert.equal(dangling, [])
})

test('a library has one home', () => {
  const strays = files.flatMap(file =>
    importsOf(file)
      .map(name => name.split('/')[0] ?? '')
      .filter(name => name in homes && !homes[name]?.includes(floorOf(file)))
      .map(name => `${file} imports ${name}`),
  )
  assert.equal(strays, [])
})

test('the lower floors touch no socket, file, clock, environment or randomness', () => {
  const touching = files
    .filter(file => pure.includes(floorOf(file)))
    .flatMap(file => [
      ...importsOf(file)
        .filter(name => worldly.test(name))
        .map(name => `${file} imports ${name}`),
      ...[
        ...(text.get(file) ?? '').matchAll(
          /\b(process\.(?:env|hrtime|cwd)|Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|randomBytes\()/g,
        ),
      ].map(match => `${file} uses ${match[1]}`),
    ])
  assert.equal(touching, [])
})

test('the product ends processes by what it recorded, never by name', () => {
  const named = files.filter(file => /\b(pkill|killall|pgrep|pidof)\b/.test(text.get(file) ?? ''))
  assert.equal(named, [])
})

test('no limit of time is one that Node 20 forgets when only AbortSignal.any() listens to it', () => {
  const forgetful = files.filter(file => /^(?!\s*(\*|\/\/)).*AbortSignal\.timeout\(/m.test(text.get(file) ?? ''))
  assert.equal(forgetful, [])
})

test('only what bin/ calls ends the process: at the second Ctrl-C, and lockstepd beside tests that go on', () => {
  const leaving = files.filter(file => /\bprocess\.exit\(/.test(text.get(file) ?? ''))
  assert.equal(leaving.sort(), ['cli/start.ts', 'daemon/start.ts'])
})

test('the top level holds what the user fixed, the licence and the tools’ own files', () => {
  const fixed = [
    'playbooks',
    'src',
    'schemas',
    'inventories',
    'bin',
    'test',
    'package.json',
    'README.md',
    'docs',
    'CHANGELOG.md',
  ]
  const tools = ['LICENSE', 'package-lock.json', 'tsconfig.json', 'biome.json']
  const made = ['node_modules', 'dist', 'runs']
  const strays = readdirSync('.').filter(name => !name.startsWith('.') && ![...fixed, ...tools, ...made].includes(name))
  assert.equal(strays, [])
})

test('every folder of src/ that has logic has tests of the same name', () => {
  const tested = readdirSync('test').filter(name => statSync(join('test', name)).isDirectory())
  const untested = [...new Set(files.map(floorOf))].filter(floor => !tested.includes(floor))
  assert.equal(untested, [])
})

test.run()
