import { expect } from 'chai'
import {
  buttonsFit, canReceive, canSend, checkSendable, fileProblem, isBridgeError, listFits, measure, mimeMatches, sendProblem, textFits, type Capabilities, type Part,
} from '../../../plugins/sdk/index.ts'
import { loopback } from '../../../plugins/sdk/testkit/loopback.ts'
import { fakeHost, hostMedia, outbound, sampleParts } from '../../../plugins/sdk/testkit/index.ts'

const base = loopback.open({ id: '01', settings: { account: 'a' }, secrets: { appSecret: 's' }, webhookUrl: '' }, fakeHost().host).capabilities()
const channel: Capabilities = {
  ...base,
  parts: { ...base.parts, image: { direction: 'both', mimeTypes: ['image/jpeg', 'image/png'], maxBytes: 10 }, video: { direction: 'receive' } },
  text: { max: 5, unit: 'bytes', formatting: 'none' },
}

describe('capabilities', () => {
  it('know the direction of a part', () => {
    expect(canSend(channel, 'video')).to.equal(false)
    expect(canReceive(channel, 'video')).to.equal(true)
    expect(canSend(channel, 'sticker')).to.equal(false)
    expect(canSend(channel, 'image')).to.equal(true)
  })

  it('measure text in code points or in bytes', () => {
    expect(measure('añ😀', 'characters')).to.equal(3)
    expect(measure('añ😀', 'bytes')).to.equal(7)
    expect(textFits(channel, 'añoo')).to.equal(true)
    expect(textFits(channel, 'añooo')).to.equal(false)
  })

  const mimes: readonly (readonly [string, string[], boolean])[] = [
    ['audio/ogg; codecs=opus', ['audio/ogg'], true],
    ['Audio/OGG', ['audio/*'], true],
    ['image/png', ['image/jpeg'], false],
    ['imagex/png', ['image/*'], false],
    ['a/b', ['*/*'], true],
    ['', ['image/*'], false],
  ]
  for (const [type, accepted, expected] of mimes) {
    it(`${expected ? 'take' : 'refuse'} "${type}" where ${accepted.join()} is accepted`, () => {
      expect(mimeMatches(type, accepted)).to.equal(expected)
    })
  }

  it('say why a file is refused', () => {
    expect(fileProblem(channel, 'image', { mimeType: 'image/png', size: 10 })).to.equal(null)
    expect(fileProblem(channel, 'image', { mimeType: 'image/png', size: 11 })).to.deep.equal({ code: 'media_too_large', maxBytes: 10 })
    expect(fileProblem(channel, 'image', { mimeType: 'image/webp', size: 1 })?.code).to.equal('media_type')
    expect(fileProblem(channel, 'video', { mimeType: 'video/mp4', size: 1 })?.code).to.equal('not_supported')
  })

  it('let buttons and lists through only when nothing has to be cut', () => {
    const titles = (count: number, title = 'Sí') => Array.from({ length: count }, () => ({ title }))
    expect(buttonsFit(channel, '¿?', titles(3))).to.equal(true)
    expect(buttonsFit(channel, '¿?', titles(4))).to.equal(false)
    expect(buttonsFit(channel, '¿?', [])).to.equal(false)
    expect(buttonsFit(channel, '¿?', titles(1, 'x'.repeat(21)))).to.equal(false)
    expect(buttonsFit(channel, '¿?', [{ title: 'Sí', description: 'que no cabe en un botón' }])).to.equal(false)
    expect(buttonsFit({ ...channel, buttons: null }, '¿?', titles(1))).to.equal(false)
    expect(listFits(channel, '¿?', titles(10))).to.equal(true)
    expect(listFits(channel, '¿?', titles(11))).to.equal(false)
    expect(listFits(channel, '¿?', [{ title: 'a', description: 'x'.repeat(73) }])).to.equal(false)
  })
})

describe('the check before sending', () => {
  const image = (bytes: string, mimeType = 'image/png'): Part => ({ kind: 'image', media: hostMedia({ fileName: 'a', mimeType, bytes }) })
  const cases: readonly (readonly [string, Part, string | null])[] = [
    ['a text that fits', { kind: 'text', text: 'hola' }, null],
    ['a text that is too long', { kind: 'text', text: 'holas!' }, 'bad_request'],
    ['an empty text', { kind: 'text', text: '' }, 'bad_request'],
    ['an image that fits', image('x'), null],
    ['an image that is too large', image('x'.repeat(11)), 'media_too_large'],
    ['an image of another type', image('x', 'image/webp'), 'media_type'],
    ['an image with a caption where there is none', { ...image('x'), caption: 'hola' } as Part, 'not_supported'],
    ['a file that is not in the host', { kind: 'image', media: { at: 'remote', id: '1' } }, 'media_unavailable'],
    ['a sticker', sampleParts.sticker, 'not_supported'],
    ['a choice, which only customers make', sampleParts.choice, 'not_supported'],
    ['too many buttons', { kind: 'buttons', body: 'x', choices: Array.from({ length: 4 }, (_, at) => ({ id: `${at}`, title: `${at}` })) }, 'bad_request'],
    ['too many rows', { kind: 'list', body: 'x', button: 'x', sections: [{ title: '', choices: Array.from({ length: 11 }, (_, at) => ({ id: `${at}`, title: `${at}` })) }] }, 'bad_request'],
  ]
  for (const [name, part, code] of cases) {
    it(`${code === null ? 'lets' : `answers ${code} to`} ${name}${code === null ? ' through' : ''}`, () => {
      expect(sendProblem(channel, outbound(part))?.code ?? null).to.equal(code)
    })
  }

  it('refuses edits, deletions, reactions and quotes where the channel has none', () => {
    const poor: Capabilities = { ...channel, replies: 'receive', reactions: 'receive', edits: 'none', deletes: 'none' }
    const target = { idempotencyKey: 'k', chat: 'c', author: 'human', target: 'm' } as const
    expect(sendProblem(poor, { ...target, op: 'edit', part: { kind: 'text', text: 'x' } })?.code).to.equal('not_supported')
    expect(sendProblem(poor, { ...target, op: 'delete' })?.code).to.equal('not_supported')
    expect(sendProblem(poor, { ...target, op: 'react', emoji: '👍' })?.code).to.equal('not_supported')
    expect(sendProblem(poor, outbound({ kind: 'text', text: 'x' }, { replyTo: { id: 'm', sender: 'u', part: sampleParts.text } }))?.code).to.equal('not_supported')
    expect(sendProblem(channel, { ...target, op: 'delete' })).to.equal(null)
  })

  it('throws an error that is known by its shape', () => {
    let thrown: unknown
    try {
      checkSendable(channel, outbound(sampleParts.sticker))
    } catch (error) {
      thrown = error
    }
    expect(isBridgeError(thrown)).to.equal(true)
    expect(isBridgeError(Object.assign(new Error('x'), { name: 'BridgeError', kind: 'permanent', code: 'unknown', detail: {} }))).to.equal(true)
    expect(isBridgeError(new Error('x'))).to.equal(false)
  })
})
