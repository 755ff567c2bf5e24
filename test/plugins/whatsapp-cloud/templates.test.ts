import { expect } from 'chai'
import type { TemplateDraft } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { checkDraft, draftBody, remoteTemplate } from '../../../plugins/whatsapp-cloud/templates.ts'
import { fixture } from '../meta/samples.ts'

const draft = (over: Partial<TemplateDraft> = {}): TemplateDraft => ({ name: 'aviso', language: 'es', category: 'utility', body: 'Hola {{1}}, gracias', examples: { 1: 'Ana' }, ...over })

describe('a template for WhatsApp', () => {
  const wrong: readonly (readonly [name: string, over: Partial<TemplateDraft>])[] = [
    ['a name with capitals', { name: 'Aviso' }],
    ['an empty body', { body: ' ' }],
    ['a body of 1,025 characters', { body: 'x'.repeat(1025) }],
    ['a variable at the start', { body: '{{1}} hola' }],
    ['a variable at the end', { body: 'hola {{1}} ' }],
    ['two variables side by side', { body: 'a {{1}} {{2}} b', examples: { 1: 'a', 2: 'b' } }],
    ['numbers and names mixed', { body: 'a {{1}} b {{nombre}} c', examples: { 1: 'a', nombre: 'b' } }],
    ['a name above and a number below', { header: { kind: 'text', text: 'De {{mes}}', example: 'julio' } }],
    ['numbers with a gap', { body: 'a {{1}} b {{3}} c', examples: { 1: 'a', 3: 'b' } }],
    ['a variable without an example', { examples: {} }],
    ['a footer of 61 characters', { footer: 'x'.repeat(61) }],
    ['a header of 61 characters', { header: { kind: 'text', text: 'x'.repeat(61) } }],
    ['two variables in the header', { header: { kind: 'text', text: '{{1}} y {{2}}', example: 'a' } }],
    ['a header variable without an example', { header: { kind: 'text', text: 'De {{1}}' } }],
    ['eleven buttons', { buttons: Array.from({ length: 11 }, (_, index) => ({ type: 'quick_reply' as const, text: `b${index}` })) }],
    ['a button of 26 characters', { buttons: [{ type: 'quick_reply', text: 'x'.repeat(26) }] }],
    ['a link button without an address', { buttons: [{ type: 'url', text: 'Ver' }] }],
    ['a link with a variable and no example', { buttons: [{ type: 'url', text: 'Ver', value: 'https://a/{{1}}' }] }],
    ['a code button without an example', { buttons: [{ type: 'copy_code', text: 'Copiar' }] }],
  ]
  for (const [name, over] of wrong) {
    it(`is refused for ${name}`, () => {
      let error: unknown
      try {
        checkDraft(draft(over))
      } catch (reason) {
        error = reason
      }
      expect(isBridgeError(error) && [error.kind, error.code]).to.deep.equal(['permanent', 'template_invalid'])
    })
  }

  const right: readonly (readonly [name: string, over: Partial<TemplateDraft>])[] = [
    ['one number used twice', { body: 'a {{1}} b {{1}} c' }],
    ['names', { body: 'Hola {{nombre}}, gracias', examples: { nombre: 'Ana' } }],
    ['no variables', { body: 'Hola', examples: {} }],
    ['a code of Meta\'s own words', { category: 'authentication', body: '', examples: {} }],
  ]
  for (const [name, over] of right) it(`is taken with ${name}`, () => { checkDraft(draft(over)) })

  it('names its variables where they have names', () => {
    const named = draft({ body: 'Hola {{nombre}}, gracias', examples: { nombre: 'Ana' }, header: { kind: 'text', text: 'De {{mes}}', example: 'julio' } })
    expect(draftBody(named)).to.deep.include({
      parameter_format: 'NAMED',
      components: [
        { type: 'HEADER', format: 'TEXT', text: 'De {{mes}}', example: { header_text_named_params: [{ param_name: 'mes', example: 'julio' }] } },
        { type: 'BODY', text: 'Hola {{nombre}}, gracias', example: { body_text_named_params: [{ param_name: 'nombre', example: 'Ana' }] } },
      ],
    })
  })

  it('for codes has Meta\'s words and our button', () => {
    expect(draftBody(draft({ category: 'authentication', buttons: [{ type: 'copy_code', text: 'Copiar' }] })).components).to.deep.equal([
      { type: 'BODY', add_security_recommendation: true }, { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copiar' }] },
    ])
  })

  interface Sample { readonly name: string; readonly body: { readonly name: string; readonly category: string; readonly components: readonly Record<string, unknown>[] } }
  for (const { name, body } of fixture<Sample[]>('whatsapp-cloud', 'out-templates')) {
    it(`makes of Meta's own sample what Meta has: ${name}`, () => {
      const read = remoteTemplate({ ...body, id: '1', status: 'APPROVED' })
      const header = body.components.find(component => component.type === 'HEADER')
      const example = body.components.find(component => component.type === 'BODY')?.example as { body_text: string[][] } | undefined
      const handle = (header?.example as { header_handle?: string[] } | undefined)?.header_handle?.[0]
      const texts = header?.format === 'TEXT' ? { kind: 'text' as const, text: String(header.text), example: (header.example as { header_text: string[] }).header_text[0] } : undefined
      const rebuilt = draftBody({
        ...read,
        examples: Object.fromEntries((example?.body_text[0] ?? []).map((value, index) => [String(index + 1), value])),
        header: texts ?? (handle ? { kind: read.headerKind as 'image', sample: undefined as never } : { kind: 'location' }),
      }, handle)
      expect(rebuilt.components).to.deep.equal(body.components)
    })
  }

  it('keeps the place of buttons it has no word for', () => {
    const { buttons, headerKind } = remoteTemplate({ id: '1', components: [{ type: 'HEADER', format: 'PRODUCT' }, { type: 'BUTTONS', buttons: [{ type: 'CATALOG', text: 'Ver' }, { type: 'URL', text: 'Ir', url: 'https://a' }] }] })
    expect(buttons).to.deep.equal([{ type: 'quick_reply', text: 'Ver' }, { type: 'url', text: 'Ir', value: 'https://a' }])
    expect(headerKind).to.equal('other')
  })
})
