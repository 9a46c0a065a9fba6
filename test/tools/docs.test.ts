import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { formatVersion } from '../../src/tools/traffic-tool.ts'
import { trafficTools } from '../../src/tools/traffic-tools.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('tools/docs')

const page = readFileSync('docs/tools.md', 'utf8')
const section = (title: string) => new RegExp(`^## ${title}\\n([\\s\\S]*?)^(?:## |---)`, 'm').exec(page)?.[1] ?? ''

test('docs/tools.md has a section for each tool, with its package, its version and its figures', () => {
  for (const { name, figures, programs } of trafficTools) {
    const text = section(name)
    assert.match(text, `\`${programs.sender?.package}\``)
    assert.match(text, `known version ${formatVersion(programs.sender?.known.to ?? [])}`)
    const named = Object.keys(figures).filter(figure => !/-reverse$|^hop-/.test(figure))
    assert.equal(
      named.filter(figure => !text.includes(`\`${figure}\``)),
      [],
      name,
    )
  }
})

test.run()
