import { expect } from 'chai'
import { formatSize, initials, messagePieces, participantTint, textLength, tint, type Piece } from '../../ui/src/shared/lib/text.ts'

describe('text of the screens', () => {
  for (const [name, letters] of [
    ['Marta Restrepo', 'MR'], ['Visitante 7F3K', 'V7'], ['sofi.mendez', 'SM'], ['Resultados de laboratorio', 'RL'], ['Autorizaciones', 'AU'],
    ['Óscar Iván Toro', 'ÓI'], ['+57 310 555 0142', '53'], ['👩‍⚕️', ''], ['', ''], ['李 小龙', '李小'],
  ] as const) it(`shortens «${name}» to «${letters}»`, () => expect(initials(name)).to.equal(letters))

  it('gives the same tint to the same id, from 1 to 8, and never the bot’s to a person', () => {
    const ids = Array.from({ length: 300 }, (_, n) => `01J${n}X`)
    expect(new Set(ids.map(tint))).to.have.lengthOf(8)
    expect(ids.map(participantTint)).to.not.include(8)
    expect(tint('01ABC')).to.equal(tint('01ABC'))
  })

  for (const [bytes, text] of [[0, '0 B'], [999, '999 B'], [182_000, '182 kB'], [1_500_000, '1,5 MB']] as const) {
    it(`writes ${bytes} bytes as ${text}`, () => expect(formatSize(bytes, 'es')).to.equal(text))
  }

  it('counts characters and bytes as the channel does', () => {
    expect(textLength('año 👍', 'characters')).to.equal(5)
    expect(textLength('año 👍', 'bytes')).to.equal(9)
  })
})

describe('pieces of a message', () => {
  const flat = (pieces: Piece[]): string =>
    pieces.map((one) => (one.type === 'text' ? one.text : one.type === 'link' ? `<${one.href}|${one.text}>` : `[${one.mark}:${flat(one.pieces)}]`)).join('')
  for (const [text, drawn] of [
    ['hola', 'hola'],
    ['vea https://x.co/a?b=1.', 'vea <https://x.co/a?b=1|https://x.co/a?b=1>.'],
    ['(www.sitio.co)', '(<https://www.sitio.co|www.sitio.co>)'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
    ['<b>hola</b>', '<b>hola</b>'],
    ['es *muy importante* hoy', 'es [bold:muy importante] hoy'],
    ['*a _b_ c*', '[bold:a [italic:b] c]'],
    ['~no~ ```x*y*```', '[strike:no] [code:x*y*]'],
    ['2*3*4 y snake_case_name', '2*3*4 y snake_case_name'],
    ['* punto', '* punto'],
    ['https://x.co/a_b_c', '<https://x.co/a_b_c|https://x.co/a_b_c>'],
  ] as const) it(`draws «${text}»`, () => expect(flat(messagePieces(text, 'whatsapp'))).to.equal(drawn))

  it('leaves the marks alone where the channel has none', () => expect(flat(messagePieces('*a*', 'none'))).to.equal('*a*'))
})
