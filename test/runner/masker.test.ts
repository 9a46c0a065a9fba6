import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { mask, masker } from '../../src/runner/masker.ts'
import { quoteWord } from '../../src/transport/quote.ts'
import { suite } from '../fixtures/suite.ts'

const test = suite('runner/masker')

function masking(...secrets: readonly string[]) {
  const made = masker()
  for (const secret of secrets) made.add(secret)
  return made
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const secret = `pa's"w\\o$rd/ä`

for (const [form, written] of [
  ['itself', secret],
  ['JSON', JSON.stringify(secret)],
  ['shell words', quoteWord(secret)],
  ['double quotes of a shell', secret.replaceAll(/[\\"$`]/g, '\\$&')],
  ['a URL', encodeURIComponent(secret)],
  ['base64', base64(secret)],
  ['base64 behind one octet', base64(`:${secret}`)],
  ['base64 behind two octets', base64(`u:${secret}`)],
  ['base64 in the middle', base64(`user:${secret}:more`)],
] as const) {
  test(`a secret is masked in the form of ${form}`, () => {
    const said = masking(secret).text(`<${written}>`)
    assert.ok(said.includes(mask), said)
    const left = said.replaceAll(mask, '')
    assert.ok(left.length <= 16, `only what stood around it and the ends of base64 groups are left: ${left}`)
  })
}

test('a secret that holds another one goes as a whole, whichever was named first', () => {
  for (const order of [
    ['pass', 'password'],
    ['password', 'pass'],
  ])
    assert.is(masking(...order).text('a password, a pass'), `a ${mask}, a ${mask}`)
})

test('a text shorter than four characters is refused, and masks nothing', () => {
  const made = masker()
  assert.is(made.add('abc'), false)
  assert.is(made.add('abcd'), true)
  assert.is(made.text('abc abcd'), `abc ${mask}`)
})

test('long lines of a secret of several lines are secrets too', () => {
  assert.is(masking('-----\nbm90IGEga2V5\n-----').text('line bm90IGEga2V5 of ----- it'), `line ${mask} of ----- it`)
})

test('texts in values are masked at any depth, numbers and keys stay', () => {
  const given = { a: ['secret-1', { b: 'x secret-1 y' }], n: 12n, m: new Map([['k', 'secret-1']]), u: undefined }
  assert.equal(masking('secret-1').value(given), {
    a: [mask, { b: `x ${mask} y` }],
    n: 12n,
    m: new Map([['k', mask]]),
    u: undefined,
  })
  assert.is(masker().value(given), given)
})

test('however a stream is cut, what comes out is what the whole text would give', () => {
  const alphabet = fc.constantFrom('a', 'b', 'ab', 'abab', 'abba', 'babba', ' ', 'ä')
  fc.assert(
    fc.property(
      fc.array(fc.array(alphabet, { minLength: 4, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      fc.array(alphabet, { maxLength: 30 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      (secrets, parts, cuts) => {
        const made = masking(...secrets.map(each => each.join('')))
        const bytes = Buffer.from(parts.join(''))
        const places = [0, ...cuts.map(at => Math.min(at, bytes.length)).sort((a, b) => a - b), bytes.length]
        const stream = made.stream()
        const pieces = places.slice(1).map((to, i) => stream.push(bytes.subarray(places[i], to)))
        assert.is(Buffer.concat([...pieces, stream.end()]).toString(), made.text(bytes.toString()))
      },
    ),
  )
})

test('a stream holds back no more than what may be the beginning of a secret', () => {
  const stream = masking('secret').stream()
  assert.is(stream.push(Buffer.from('hello se')).toString(), 'hello ')
  assert.is(stream.push(Buffer.from('lf sec')).toString(), 'self ')
  assert.is(stream.push(Buffer.from('ret!')).toString(), `${mask}!`)
  assert.is(stream.end().toString(), '')
})

test.run()
