import * as assert from 'uvu/assert'
import { on, setUpHost } from '../../fixtures/endpoints.ts'
import { labReason, sshTo, withLab } from '../../fixtures/lab.ts'
import { suite } from '../../fixtures/suite.ts'

const test = suite('lockstepd setup')

const daemon = 'node /opt/lockstep/bin/lockstepd.js'
const accounts = 'cat /etc/passwd /etc/group /etc/ssh/sshd_config; ls /etc/lockstep /var/lib/lockstep 2>&1'

test.unless(
  labReason(),
  'a host is made a shared one, whose strangers have no shell; and undone it is as it was',
  () =>
    withLab({ hosts: ['A'] }, async lab => {
      const before = await on(lab, 'A', `${accounts} || true`)
      const made = await setUpHost(lab, 'A')
      assert.match(made, /made {2}the account lockstep\n/)
      assert.match(await on(lab, 'A', `${daemon} setup`), /kept {2}the account lockstep\nkept/)
      await on(
        lab,
        'A',
        'mkdir -m 700 ~lockstep/.ssh; cp ~/.ssh/authorized_keys ~lockstep/.ssh; chown -R lockstep: ~lockstep',
      )
      const stranger = await sshTo(lab, 'lockstep@A', 'id')
      assert.not.match(stranger.stdout, /uid/)
      assert.match(stranger.stderr, /this account runs nothing but lockstep-broker/)
      const unknown = await sshTo(lab, 'lockstep@A', 'lockstep-broker')
      assert.is(unknown.stdout, '')
      const undone = await on(lab, 'A', `${daemon} setup --undo`)
      assert.match(undone, /gone {2}the rules in \/etc\/ssh\/sshd_config\n/)
      assert.is(await on(lab, 'A', `rmdir /etc/lockstep; ${accounts} || true`), before)
      assert.match(await on(lab, 'A', `${daemon} setup --undo`), /nothing to undo/)
      // What somebody has written stays.
      await setUpHost(lab, 'A')
      await on(lab, 'A', 'echo "# ours" >>/etc/lockstep/limits.yml')
      assert.match(await on(lab, 'A', `${daemon} setup --undo`), /kept {2}\/etc\/lockstep\/limits\.yml/)
      assert.match(await on(lab, 'A', 'cat /etc/lockstep/limits.yml'), /# ours/)
    }),
  { limitMs: 90_000 },
)

test.run()
