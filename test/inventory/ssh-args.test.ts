import * as assert from 'uvu/assert'
import { readSshArgs } from '../../src/inventory/ssh-args.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('inventory/ssh-args')

const said: readonly (readonly [args: string, withoutEffect: readonly string[]])[] = [
  ['', []],
  // The spec of inventories: what is followed.
  ['-J a -i key -p 22 -l bob -F config', []],
  ['-Ja -ikey -p22 -lbob', []],
  ['-o ProxyJump=a -o ProxyCommand=none -oStrictHostKeyChecking=no', []],
  ['-o UserKnownHostsFile=/dev/null -o IdentityFile=k -o IdentitiesOnly=yes', []],
  ['-o ConnectTimeout=3 -o ServerAliveInterval=5 -o ServerAliveCountMax=2 -o Port=22 -o User=bob', []],
  ['-o user=bob -oPROXYJUMP=a', []],
  // What cannot matter.
  ['-o ControlMaster=auto -o ControlPersist=60s -o ControlPath=none', []],
  ['-C -q -v -tt', []],
  ['-CqvvvTax', []],
  // What would, and does not.
  ['-A -X', ['-A', '-X']],
  ['-4 -CA', ['-4', '-A']],
  ['-L 8080:localhost:80 -R1:a:2 -D 9', ['-L', '-R', '-D']],
  ['-o Ciphers=aes128-cbc -o KexAlgorithms=x -oCiphers=y', ['-o Ciphers', '-o KexAlgorithms']],
  ['-vo ForwardAgent=yes', ['-o ForwardAgent']],
]

for (const [args, withoutEffect] of said)
  test(`ssh arguments without effect in '${args}': ${withoutEffect.join(', ') || 'none'}`, () =>
    assert.equal(readSshArgs(args.split(' ').filter(Boolean)), { withoutEffect }))

test('a word that ssh would take for the host is a fault, and so is an option without its value', () => {
  assert.is(readSshArgs(['-C', 'jump.lab']).fault, "expected options of ssh, got 'jump.lab'")
  assert.is(readSshArgs(['--', '-C']).fault, "expected options of ssh, got '--'")
  assert.is(readSshArgs(['-']).fault, "expected options of ssh, got '-'")
  assert.is(readSshArgs(['-C', '-o']).fault, 'the option -o lacks its value')
})

test.run()
