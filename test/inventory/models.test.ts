import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { filesBelow } from '../../src/cli/inventory-files.ts'
import { connectionOf } from '../../src/inventory/connection.ts'
import type { InventoryHost } from '../../src/inventory/inventory.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { textOfVariable } from '../../src/inventory/variable.ts'
import { memoryFiles } from '../fixtures/memory-files.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/models')

const load = (path: string) => loadInventory([path], { files: filesBelow('.') })
const connect = ({ name, vars }: InventoryHost) =>
  connectionOf(name, new Map([...vars].map(([key, variable]) => [key, textOfVariable(variable)])))

test('lab.ini: three hosts behind a jump host, without a warning', () => {
  const { hosts, warnings } = load('inventories/lab.ini')
  assert.equal(warnings, [])
  assert.equal(
    hosts.map(({ name, vars }) => `${name} ${vars.get('interface')?.value} ${vars.get('etype')?.written}`),
    ['A eth0 0xdead', 'B eth0 0xdead', 'C enp3s0 0xdead'],
  )
  assert.equal(hosts.map(connect)[0], {
    kind: 'ssh',
    address: '10.0.0.1',
    user: 'root',
    sshArgs: ['-o', 'ProxyJump=ops@jump.lab.example'],
  })
})

test('fleet.yml: ranges, groups and the patterns of the manual, without a warning', () => {
  const inventory = load('inventories/fleet.yml')
  assert.equal(inventory.warnings, [])
  const count = (pattern: string, limit?: string) => inventory.select(pattern, limit).hosts.length
  assert.is(count('all'), 23)
  assert.is(count('racks'), 21)
  assert.is(count('tsn:!broken'), 11)
  assert.is(count('racks:&tsn'), 12)
  assert.is(count('rack1[0:3],rack2[0:3]'), 8)
  assert.is(count('~node0[1-3]'), 6)
  assert.is(count('racks', '*.rack2.lab'), 9)
  assert.equal(
    inventory
      .select('sw*')
      .hosts.map(connect)
      .map(({ kind }) => kind),
    ['local', 'local'],
  )
})

test('the INI example of docs/inventories.md is an inventory', () => {
  const text = /```ini\n(.*?)```/s.exec(readFileSync('docs/inventories.md', 'utf8'))?.[1] ?? ''
  const inventory = loadInventory(['hosts.ini'], { files: memoryFiles({ 'hosts.ini': text }) })
  assert.equal(inventory.warnings, [])
  assert.is(inventory.select('site').hosts.length, 13)
  assert.is(inventory.select('ungrouped').hosts.length, 1)
})

test.run()
