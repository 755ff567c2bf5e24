import { expect } from 'chai'
import { onlyEmoji, richText, type Piece } from '../../../ui/src/widget/richText.ts'

const text = (said: string): Piece => ({ kind: 'text', text: said })
const link = (shown: string, href = shown): Piece => ({ kind: 'link', text: shown, href })

describe('rich text of the widget', () => {
  const cases: readonly (readonly [string, string, Piece[]])[] = [
    ['plain text', 'Hola', [text('Hola')]],
    ['nothing', '', []],
    ['HTML as text', '<b>x</b> <script>alert(1)</script>', [text('<b>x</b> <script>alert(1)</script>')]],
    ['an address', 'Vea https://a.example/x?y=1#z ya', [text('Vea '), link('https://a.example/x?y=1#z'), text(' ya')]],
    ['an address at the end of a sentence', 'En https://a.example/x.', [text('En '), link('https://a.example/x'), text('.')]],
    ['an address in brackets', '(https://a.example/x)', [text('('), link('https://a.example/x'), text(')')]],
    ['an address with brackets', 'https://a.example/x_(y)', [link('https://a.example/x_(y)')]],
    ['www', 'www.a.example', [link('www.a.example', 'https://www.a.example/')]],
    ['a mail address', 'a@b.example.', [link('a@b.example', 'mailto:a@b.example'), text('.')]],
    ['no script as address', 'javascript:alert(1) data:text/html,x', [text('javascript:alert(1) data:text/html,x')]],
    ['quotes that would end an attribute', 'https://a.example/"onload="x', [link('https://a.example/'), text('"onload="x')]],
    ['bold', 'a *b c* d', [text('a '), { kind: 'bold', text: 'b c' }, text(' d')]],
    ['all marks', '*a* _b_ ~c~ `d`', [{ kind: 'bold', text: 'a' }, text(' '), { kind: 'italic', text: 'b' }, text(' '), { kind: 'strike', text: 'c' }, text(' '), { kind: 'code', text: 'd' }]],
    ['a signature', '*Ana*: hola', [{ kind: 'bold', text: 'Ana' }, text(': hola')]],
    ['no mark inside a word', 'mi_nombre_es 2*3*4', [text('mi_nombre_es 2*3*4')]],
    ['no mark around blanks', '* a * y 5 * 3 *', [text('* a * y 5 * 3 *')]],
    ['no mark over lines', '*a\nb*', [text('*a\nb*')]],
    ['underscores in an address', 'https://a.example/_x_', [link('https://a.example/_x_')]],
  ]
  for (const [name, said, pieces] of cases) {
    it(`reads ${name}`, () => {
      expect(richText(said)).to.deep.equal(pieces)
    })
  }

  it('loses no character', () => {
    const marks = /[*_~`]/g
    for (const said of ['a *b* https://x.example/y, _c_ d@e.example! ~f~ `g`', '*a**b* __c__', '((https://x.example))', '*_~`*']) {
      expect(richText(said).map((piece) => piece.text).join('').replace(marks, '')).to.equal(said.replace(marks, ''))
    }
  })

  it('is quick on what was made to be slow', () => {
    const started = performance.now()
    for (const said of ['*'.repeat(4000), '* a'.repeat(1300), 'a@'.repeat(2000), 'https://'.repeat(500), `https://a.example/${')'.repeat(4000)}`, '_a '.repeat(1300)]) richText(said)
    expect(performance.now() - started).to.be.below(1000)
  })

  it('knows emoji that stand alone', () => {
    for (const said of ['👍', '❤️', '👋🏽', '👨‍👩‍👧', '🎉🎉 🎉']) expect(onlyEmoji(said), said).to.equal(true)
    for (const said of ['', 'a', '👍 ok', '1', '🎉🎉🎉🎉', '#']) expect(onlyEmoji(said), said).to.equal(false)
  })
})
