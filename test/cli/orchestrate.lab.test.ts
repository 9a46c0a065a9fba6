import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { withRunningLab } from '../bench/running-lab.ts'
import { commandAt, withFolder } from '../fixtures/command.ts'
import { labReason } from '../fixtures/lab.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('cli: orchestrate and convert, on real daemons')

test.unless(
  labReason(),
  'a file runs as it stands, with everything that a frame may have, unwatched, and as the playbook that it becomes',
  () =>
    withRunningLab(2, lab =>
      withFolder({}, async cwd => {
        const text = readFileSync(lab.orchestrationFile(cwd, 2), 'utf8')
        const passes = async (argv: readonly string[]) => {
          const { code, stdout, stderr } = await commandAt(cwd, argv)
          assert.is(code, 0, stdout + stderr)
          return stdout
        }
        const orchestrated = async (name: string, edit: (text: string) => string) => {
          writeFileSync(join(cwd, name), edit(text).replaceAll('flow-', `${name}-`))
          await passes(['orchestrate', '-F', name])
          for (const flow of [0, 1]) assert.ok(existsSync(join(cwd, `${name}-${flow}.dat`)), `${name} ${flow}`)
        }
        await orchestrated('plain', edit => edit)
        const frame =
          '--vid 7 --priority 3 --smac 02:00:00:00:00:09 --shift-time -1000 --window-size 0.001 --cpu-mask 1'
        await orchestrated('frames', edit => edit.replaceAll(' --frame-size', ` ${frame} --frame-size`))
        await orchestrated('unwatched', edit => edit.replaceAll(/--sync-threshold \d+/g, '--omit-sync'))
        writeFileSync(join(cwd, 'o.txt'), text)
        writeFileSync(join(cwd, 'p.yml'), await passes(['convert', 'o.txt']))
        // Its hosts are A, B, C in the order of the file, as those of the inventory.
        await passes(['run', 'p.yml', '-i', lab.inventory])
      }),
    ),
  { limitMs: 180_000 },
)

test.run()
