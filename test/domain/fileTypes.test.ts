import { expect } from 'chai'
import { acceptsType, isShownInline, kindOf, safeFileName, typeOf } from '../../server/domain/fileTypes.ts'

describe('the type of a file', () => {
  const bytes = (mime: string) => ({ mime, text: false })
  const text = { mime: null, text: true }
  const nothing = { mime: null, text: false }
  const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  const table: [name: string, Parameters<typeof typeOf>[1], type: string | null][] = [
    ['foto.jpg', bytes('image/jpeg'), 'image/jpeg'], ['FOTO.JPEG', bytes('image/jpeg'), 'image/jpeg'], ['foto.jpg', bytes('image/png'), null],
    ['foto.png', bytes('application/x-msdownload'), null], ['foto.png', text, null], ['foto.png', nothing, null],
    ['nota.ogg', bytes('audio/ogg; codecs=opus'), 'audio/ogg'], ['nota.m4a', bytes('audio/x-m4a'), 'audio/mp4'], ['voz.webm', bytes('video/webm'), 'video/webm'],
    ['voz.webm', bytes('audio/webm'), 'audio/webm'], ['clip.mp4', bytes('video/mp4'), 'video/mp4'], ['voz.mp4', bytes('audio/x-m4a'), 'audio/mp4'],
    ['carta.docx', bytes(docx), docx], ['carta.docx', bytes('application/zip'), docx], ['carta.doc', bytes('application/x-cfb'), 'application/msword'],
    ['carta.docx', bytes('application/pdf'), null], ['todo.zip', bytes('application/zip'), 'application/zip'],
    ['lista.csv', text, 'text/csv'], ['leer.txt', text, 'text/plain'], ['leer.txt', nothing, null], ['leer.txt', bytes('application/pdf'), null],
    ['pagina.html', text, 'application/octet-stream'], ['dibujo.svg', text, 'application/octet-stream'], ['programa.exe', bytes('application/x-msdownload'), 'application/x-msdownload'],
    ['sin-nombre', bytes('image/png'), 'image/png'], ['datos.xyz', nothing, 'application/octet-stream'],
  ]
  for (const [name, sniffed, type] of table) {
    it(`is ${type ?? 'refused'} for ${name} that holds ${sniffed.mime ?? (sniffed.text ? 'text' : 'bytes')}`, () => expect(typeOf(name, sniffed)).to.equal(type))
  }

  it('says what browsers may show', () => {
    expect(['image/png', 'video/mp4', 'audio/ogg', 'application/pdf'].every(isShownInline)).to.equal(true)
    expect(['text/plain', 'text/html', 'image/svg+xml', 'application/octet-stream', docx].some(isShownInline)).to.equal(false)
    expect(['image/webp', 'video/3gpp', 'audio/amr', 'application/zip', 'image/svg+xml'].map(kindOf)).to.deep.equal(['image', 'video', 'audio', 'document', 'document'])
  })

  it('is taken by exact rules and by families', () => {
    expect(acceptsType(['image/*'], 'image/png')).to.equal(true)
    expect(acceptsType(['image/png', 'application/pdf'], 'application/pdf')).to.equal(true)
    expect(acceptsType(['image/*'], 'imagepng')).to.equal(false)
    expect(acceptsType([], 'image/png')).to.equal(false)
  })
})

describe('the name of a file', () => {
  const table: [given: string, kept: string][] = [
    ['../../etc/passwd', 'passwd'], ['C:\\Users\\ana\\foto.png', 'foto.png'], ['fac\u202Etura.pdf', 'factura.pdf'], ['a\u0000b\n.txt', 'ab.txt'],
    ['  informe   final .pdf ', 'informe final .pdf'], ['...', 'archivo'], ['<script>.txt', 'script.txt'], ['ñandú 😀.png', 'ñandú 😀.png'],
  ]
  for (const [given, kept] of table) it(`${JSON.stringify(given)} is kept as ${kept}`, () => expect(safeFileName(given)).to.equal(kept))
  it('keeps its ending when it is cut', () => expect(safeFileName(`${'a'.repeat(400)}.pdf`)).to.match(/^a{195,200}\.pdf$/))
})
