import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { modifiers } from '../../src/playbook/step-kind.ts'
import { filters, tests } from '../../src/source/filters.ts'
import { isochronFigures } from '../../src/stats/figures.ts'
import { stepLanguage } from '../../src/steps/language.ts'
import { good, load } from '../fixtures/playbooks.ts'
import { playFiles } from '../fixtures/steps.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('playbook/docs')

const page = readFileSync('docs/playbooks.md', 'utf8')
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
const example = (key: string) =>
  examples.find(text => text.startsWith(`${key}:`)) ?? assert.unreachable(`an example of ${key}`)
const section = (key: string) => new RegExp(`${key}:\\n( {2}.*\\n)+`)

test('the examples of docs/playbooks.md are right', () => {
  const hosts = good.replace(section('hosts'), `${example('hosts')}`.replace(/ {2}C: .*/, '  C: c'))
  assert.equal(
    load(hosts).hosts.map(host => [host.connection.address, host.connection.port, host.interface]),
    [
      ['10.0.0.1', undefined, 'eth0'],
      ['10.0.0.2', 2222, 'enp2s0'],
      ['c', undefined, 'eth0'],
    ],
  )
  const flows = good.replace(section('isochron'), '').replace(section('flows'), `${example('isochron')}`)
  assert.equal(load(flows).flows[1]?.receiver, { 'sched-fifo': true, 'sched-priority': 98n })
  const expect = good.replace(section('expect'), `${example('expect')}`)
  assert.is(load(expect).expect.length, 3)
})

test('the examples of docs/steps.md are right, and the page names every kind and modifier', () => {
  const text = readFileSync('docs/steps.md', 'utf8')
  const sections = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
  assert.ok(sections.length >= 4)
  const files = playFiles({
    'ptp.conf.j2': '{{ interface }}\n',
    'wpa.conf.j2': '{{ wifi_password }}\n',
    'common.yml': '- run: [ip, link, set, "{{ interface }}", mtu, "{{ mtu }}"]\n',
  })
  const extraVars = new Map([['wifi_password', 'x']])
  const header = 'hosts: {A: root@10.0.0.1}\nvars: {interface: eth0}\n'
  for (const each of sections) assert.ok(load(`${header}${each}`, { files, extraVars }).setup.length > 0, each)
  for (const word of [...stepLanguage.kinds.map(({ name }) => name), ...modifiers])
    assert.ok(text.includes(`\`${word}`) || text.includes(`${word}:`), word)
})

test('docs/playbooks.md names every filter that the engine lacks', () => {
  const missing = [...Object.keys(filters), ...Object.keys(tests)].filter(name => !page.includes(`\`${name}\``))
  assert.equal(missing, [])
})

test('the playbook on the first screen of the README is right, and fits it', () => {
  const written = /```yaml\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? ''
  const play = load(written)
  assert.equal(
    play.flows.map(({ name, from, to }) => [name, from, to]),
    [
      ['a', 'A', 'C'],
      ['b', 'B', 'C'],
    ],
  )
  assert.is(play.expect.length, 2)
  assert.ok(written.trimEnd().split('\n').length <= 15)
})

test('docs/playbooks.md names every figure', () => {
  const missing = Object.keys(isochronFigures).filter(name => !page.includes(`\`${name}\``))
  assert.equal(missing, [])
})

test.run()
