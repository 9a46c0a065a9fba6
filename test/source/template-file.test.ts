import * as assert from 'uvu/assert'
import { renderJinja, templateFault } from '../../src/source/engine.ts'
import type { Value } from '../../src/source/node.ts'
import { namesInTemplate } from '../../src/source/template-file.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('source/template-file')

const names = (text: string) =>
  namesInTemplate('t.j2', text)
    .names.map(({ name, guarded, at }) => `${name}${guarded ? '?' : ''}@${at.line}:${at.column}`)
    .join(' ')

test('the names that a template needs are found with their places', () => {
  const cases: [string, string][] = [
    ['plain', ''],
    ['a {{ x }}\nb {{- y.z -}}', 'x@1:6 y@2:7'],
    ['{% if a and not b %}{{ c }}{% elif d %}{% else %}{% endif %}', 'a@1:7 b@1:17 c@1:24 d@1:36'],
    ['{% for k, v in m.items() if v %}{{ k }}{{ v }}{{ loop.index }}{{ w }}{% endfor %}', 'm@1:16 w@1:66'],
    ['{% set s = t %}{{ s }}', 't@1:12'],
    ['{% set s %}{{ t }}{% endset %}{{ s }}', 't@1:15'],
    ['{% with q = r %}{{ q }}{% endwith %}', 'r@1:13'],
    ['{% macro f(a, b=c) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}', 'c@1:17'],
    ['{# {{ no }} #}{% raw %}{{ no }}{% endraw %}{{ yes }}', 'yes@1:47'],
    ['{{ x | default("}}") }}{{ y }}', 'x?@1:4 y@1:27'],
    ['{% if x is defined %}{{ x }}{% endif %}', 'x?@1:7'],
    ['{{ "{{ a }}" }}', ''],
    ['{{ lookup("env", n) }}', 'n@1:18'],
  ]
  for (const [text, found] of cases) assert.is(names(text), found, text)
})

test('tags that ask for other files are found', () => {
  const { foreign } = namesInTemplate('t.j2', 'a\n{% include "b.j2" %}{% extends "c" %}')
  assert.equal(
    foreign.map(({ tag, at }) => [tag, at.line, at.column]),
    [
      ['include', 2, 4],
      ['extends', 2, 24],
    ],
  )
})

test('a fault of a template has its line', () => {
  assert.is(templateFault('a {{ x }}\n'), undefined)
  assert.is(templateFault('a\n{% if %}\n')?.line, 2)
  const rendered = renderJinja('a\n\n{{ x.y }}', new Map<string, Value>([['x', {}]]), () => undefined)
  assert.ok(typeof rendered === 'object' && rendered.line === 3)
})

test('a template is rendered as the module of Ansible does it', () => {
  const given = new Map<string, Value>([['xs', [1n, 2n]]])
  const text = '{% for x in xs %}\nv{{ x }}\n{% endfor %}\nend\n'
  assert.is(
    renderJinja(text, given, () => undefined),
    'v1\nv2\nend\n',
  )
})

test.run()
