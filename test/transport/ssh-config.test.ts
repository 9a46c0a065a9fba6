import * as assert from 'uvu/assert'
import { expandTokens, parseHop, parseSshConfig } from '../../src/transport/ssh-config.ts'
import { jumpWords, settingsWithoutSsh, sshWords } from '../../src/transport/ssh-settings.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/ssh-config')

test('the answer of ssh -G becomes settings', () => {
  const settings = parseSshConfig(
    [
      'user bob',
      'hostname 10.0.0.1',
      'port 2222',
      'identityfile ~/.ssh/one',
      'identityfile "/two words"',
      'identitiesonly yes',
      'identityagent none',
      'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2',
      'globalknownhostsfile /etc/ssh/ssh_known_hosts',
      'stricthostkeychecking accept-new',
      'proxyjump a@b:22,c',
      'connecttimeout 7',
      'proxycommand none',
    ].join('\n'),
  )
  assert.equal(settings, {
    hostName: '10.0.0.1',
    port: 2222,
    user: 'bob',
    identityFiles: ['~/.ssh/one', '/two words'],
    identitiesOnly: true,
    identityAgent: 'none',
    knownHostsFiles: ['~/.ssh/known_hosts', '~/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts'],
    hostKeyAlias: undefined,
    strictHostKeyChecking: 'accept-new',
    proxyJump: ['a@b:22', 'c'],
    proxyCommand: undefined,
    connectTimeoutS: 7,
    pubkeyAuthentication: true,
  })
})

for (const [said, meant] of [
  ['ask', 'ask'],
  ['true', 'yes'],
  ['yes', 'yes'],
  ['false', 'no'],
  ['no', 'no'],
  ['off', 'no'],
  ['accept-new', 'accept-new'],
] as const) {
  test(`StrictHostKeyChecking ${said} means ${meant}`, () =>
    assert.is(parseSshConfig(`stricthostkeychecking ${said}`).strictHostKeyChecking, meant))
}

for (const [text, hop] of [
  ['jump', { host: 'jump' }],
  ['bob@jump', { user: 'bob', host: 'jump' }],
  ['bob@jump:2222', { user: 'bob', host: 'jump', port: 2222 }],
  ['ssh://bob@jump:2222/', { user: 'bob', host: 'jump', port: 2222 }],
  ['[fe80::1]:2222', { host: 'fe80::1', port: 2222 }],
  ['bob@[fe80::1]', { user: 'bob', host: 'fe80::1' }],
  ['fe80::1', { host: 'fe80::1' }],
  ['bob@lab@jump', { user: 'bob@lab', host: 'jump' }],
] as const) {
  test(`the jump host ${text}`, () => assert.equal(parseHop(text), hop))
}

test('tokens and the home folder are filled in', () => {
  const tokens = { d: '/home/bob', h: '10.0.0.1', p: '22' }
  assert.is(expandTokens('~/.ssh/id', tokens), '/home/bob/.ssh/id')
  assert.is(expandTokens('%d/x %h:%p 100%% %Z', tokens), '/home/bob/x 10.0.0.1:22 100% %Z')
  assert.is(expandTokens('~other/x', tokens), '~other/x')
})

test('what the inventory says of a host goes before its ssh words, and those before the configuration', () => {
  const target = { name: 'A', kind: 'ssh', address: 'a', port: 2222, user: 'bob', privateKeyFile: '/a key' } as const
  assert.equal(sshWords({ ...target, hostKeyChecking: false, sshArgs: ['-o', 'Port=1'] }), [
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'Port=2222',
    '-o',
    'User=bob',
    '-o',
    'IdentityFile="/a key"',
    '-o',
    'Port=1',
    '--',
    'a',
  ])
})

test('a jump host gets the configuration file of the target and nothing else of it', () => {
  const target = { name: 'A', kind: 'ssh', address: 'a', user: 'bob', sshArgs: ['-F', '/c', '-o', 'Port=1'] } as const
  assert.equal(jumpWords(target, { host: 'j', port: 7 }), ['-F', '/c', '-p', '7', '--', 'j'])
})

test('without an ssh client the words count, in order, and then ssh’s defaults', () => {
  const words = ['-o', 'Port=1', '-p2', '-l', 'bob', '-oStrictHostKeyChecking no', '-J', 'j', '-C', '--', 'a']
  const settings = parseSshConfig(settingsWithoutSsh(words))
  assert.equal(
    [settings.hostName, settings.port, settings.user, settings.strictHostKeyChecking, settings.proxyJump],
    ['a', 1, 'bob', 'no', ['j']],
  )
  assert.equal(settings.identityFiles.length, 3)
})

test.run()
