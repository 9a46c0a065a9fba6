import * as assert from 'uvu/assert'
import {
  includesFolder,
  limitsTemplate,
  sshdSnippet,
  withoutSnippet,
  withSnippet,
} from '../../../src/daemon/setup/texts.ts'
import { readLimits } from '../../../src/limits/read.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('daemon/setup/texts')

const snippet = sshdSnippet({ account: 'guest', argv: ['/usr/bin/node', '/opt/broker.js', '--limits', '/etc/l.yml'] })

test('the rules of the account come at the end, once, and go without a trace', () => {
  for (const config of ['', 'Port 22\n', 'Port 22\nMatch User x\n  PermitTTY no\n']) {
    const once = withSnippet(config, snippet)
    assert.ok(once.endsWith(snippet))
    assert.is(withSnippet(once, snippet), once)
    assert.is(withoutSnippet(once).trim(), config.trim())
  }
  assert.match(
    snippet,
    /^Match User guest\n {2}ForceCommand \/usr\/bin\/node \/opt\/broker\.js --limits \/etc\/l\.yml$/m,
  )
  // A half of it is somebody's work.
  const half = snippet.slice(0, snippet.indexOf('# END'))
  assert.is(withoutSnippet(half), half)
})

test('a word that the shell of the account would read as something else is refused', () => {
  for (const word of ['/opt/my programs/node', '$(id)', 'a;b', "it's", ''])
    assert.throws(() => sshdSnippet({ account: 'guest', argv: [word] }), /cannot stand in a ForceCommand/)
})

test('only a folder that sshd reads is used', () => {
  assert.ok(includesFolder('Include /etc/ssh/sshd_config.d/*.conf\n'))
  assert.ok(includesFolder('Port 22\n  include "/etc/ssh/sshd_config.d/*.conf"\n'.replace('include', 'Include')))
  assert.not.ok(includesFolder('# Include /etc/ssh/sshd_config.d/*.conf\nInclude /etc/other/*.conf\n'))
})

test('the limits file that is written lets nobody in, and can be read', () => {
  const { classes, assign, identities, resources } = readLimits('limits.yml', limitsTemplate(['eth0', 'eth1']))
  assert.equal(Object.keys(identities), [])
  assert.equal(Object.keys(resources), ['nic:eth0', 'nic:eth1', 'ports:test'])
  assert.equal(
    assign.map(({ class: own }) => classes[own]?.deny),
    [true],
  )
})

test.run()
