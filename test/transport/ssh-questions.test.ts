import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { sshQuestions } from '../../src/transport/ssh-questions.ts'
import { refusal } from '../fixtures/processes.ts'
import { withFolder } from '../fixtures/scratch.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('transport/ssh-questions')

test('a hundred hosts at once get what ssh has for each, and one that it refuses spoils no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-questions-'))
  try {
    const config = join(folder, 'config')
    const sections = Array.from({ length: 100 }, (_, i) => `Host h${i}\n  HostName h${i}.example\n  Port ${2000 + i}\n`)
    writeFileSync(config, `${sections.join('')}Host *\n  User "it's me"\n`)
    const { ask } = sshQuestions(process.env)
    const wrong = refusal(ask(['-F', config, '-o', 'Nonsense=1', '--', 'h3']))
    const settings = await Promise.all(
      sections.map((_, i) => ask(['-F', config, '-o', 'ConnectTimeout=7', '--', `h${i}`])),
    )
    for (const [i, { hostName, port, user, connectTimeoutS }] of settings.entries())
      assert.equal([hostName, port, user, connectTimeoutS], [`h${i}.example`, 2000 + i, "it's me", 7])
    const { code, message } = await wrong
    assert.is(code, 'SSH_CONFIG')
    assert.match(message, /nonsense/i)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('without an ssh client the words alone count, for each of many', async () => {
  const { ask } = sshQuestions({ PATH: '/nonesuch' })
  const settings = await Promise.all(['a', 'b', 'c'].map(host => ask(['-p', '2022', '--', host])))
  assert.equal(
    settings.map(({ hostName, port }) => `${hostName}:${port}`),
    ['a:2022', 'b:2022', 'c:2022'],
  )
})

test('what was foreseen is asked once, and once more when it is wanted again', async () => {
  await withFolder(async folder => {
    const asked = join(folder, 'asked')
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\necho "$3" >>${asked}\necho "hostname $3.example"\n`, { mode: 0o755 })
    const { ask, foresee } = sshQuestions({ PATH: `${folder}:${process.env['PATH']}` })
    const words = (host: string) => ['--', host]
    for (const host of ['a', 'b', 'c']) foresee(words(host))
    for (const host of ['a', 'b', 'a']) assert.is((await ask(words(host))).hostName, `${host}.example`)
    assert.equal(readFileSync(asked, 'utf8').trim().split('\n').sort(), ['a', 'a', 'b', 'c'])
  })
})

test.run()
