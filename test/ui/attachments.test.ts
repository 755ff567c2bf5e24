import { expect } from 'chai'
import type { ChannelCapabilities } from '../../server/http/contract/capabilities.ts'
import type { AgentView } from '../../server/http/contract/session.ts'
import { fileKind, refusal } from '../../ui/src/shared/chat/attachments.ts'
import { agentTargets, availability, queueTargets } from '../../ui/src/shared/chat/targets.ts'

const capabilities = {
  parts: { image: { direction: 'both', maxBytes: 100, mimeTypes: ['image/png'] }, audio: { direction: 'receive' }, document: { direction: 'send', maxBytes: 1000, mimeTypes: ['application/pdf', 'image/*'] } },
} as unknown as ChannelCapabilities

describe('a file for a message', () => {
  const table: [string, { type: string; size: number }, string, unknown][] = [
    ['a picture the channel takes', { type: 'image/png', size: 100 }, 'image', null],
    ['a picture too large', { type: 'image/png', size: 101 }, 'image', { reason: 'size', maxBytes: 100 }],
    ['a picture that may only go as a document', { type: 'image/webp', size: 500 }, 'document', null],
    ['a document larger than the server takes', { type: 'application/pdf', size: 900 }, 'document', { reason: 'size', maxBytes: 800 }],
    ['a sound the channel only receives', { type: 'audio/ogg', size: 5 }, 'document', { reason: 'type' }],
    ['a kind the channel does not know', { type: 'application/zip', size: 5 }, 'document', { reason: 'type' }],
    ['an empty file', { type: 'image/png', size: 0 }, 'image', { reason: 'empty' }],
  ]
  for (const [name, file, kind, why] of table) {
    it(`judges ${name}`, () => {
      expect(fileKind(file, capabilities)).to.equal(kind)
      expect(refusal(file, capabilities, 800)).to.deep.equal(why)
    })
  }
})

const agent = (id: string, more: Partial<AgentView> = {}): AgentView => ({ id, name: id, username: id, avatarUrl: null, enabled: true, presence: 'online', since: 0, pause: null, wrapUpUntil: null, load: 0, capacity: 2, queueIds: ['q'], ...more })
const pause = { reasonId: 'r', reason: 'Almuerzo', since: 0, maxMinutes: null }

describe('whom a chat can be passed to', () => {
  for (const [more, expected] of [
    [{}, 'available'], [{ load: 2 }, 'full'], [{ load: 50, capacity: 0 }, 'available'], [{ pause }, 'paused'], [{ presence: 'offline' as const, pause }, 'offline'],
    [{ wrapUpUntil: 200 }, 'wrapUp'], [{ wrapUpUntil: 50 }, 'available'],
  ] as const) it(`calls ${JSON.stringify(more)} ${expected}`, () => expect(availability(agent('a', more), 100)).to.equal(expected))

  it('lists who can take it first, the least busy before, without the holder and the disabled', () => {
    const all = [agent('off', { presence: 'offline' }), agent('busy', { load: 1 }), agent('idle'), agent('holder'), agent('gone', { enabled: false }), agent('full', { load: 2 })]
    expect(agentTargets(all, 'holder', 0).map((one) => one.agent.id)).to.deep.equal(['idle', 'busy', 'full', 'off'])
  })

  it('counts who is free in a queue', () => {
    const all = [agent('a'), agent('b', { pause }), agent('c', { queueIds: [] }), agent('d', { enabled: false })]
    expect(queueTargets([{ id: 'q', name: 'Q', slug: 'q', avatarUrl: null }], all, 0)).to.deep.include({ queue: { id: 'q', name: 'Q', slug: 'q', avatarUrl: null }, available: 1, members: 2 })
  })
})
