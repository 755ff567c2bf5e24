import { expect } from 'chai'
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { OWN_ROWS, isLinked, openAuthState } from '../../../plugins/whatsapp-web/baileys/authState.ts'
import { loadBaileys } from '../../../plugins/whatsapp-web/baileys/load.ts'
import { MemoryStore } from './memoryStore.ts'

const keyPair = (byte: number) => ({ public: Buffer.alloc(32, byte), private: Buffer.alloc(32, byte + 1) })

describe('whatsapp-web: session keys in the store', () => {
  it('keeps one row per key and gives back equal buffers after a restart', async () => {
    const store = new MemoryStore()
    const library = await loadBaileys()
    const first = await openAuthState(library, store)
    await first.keys.set({ 'pre-key': { 7: keyPair(1) }, session: { '573001112233_1.0': Buffer.from([1, 2, 3]) }, 'device-list': { 57300: ['0', '5'] } })
    expect([...store.rows.keys()]).to.have.members(['key/pre-key/7', 'key/session/573001112233_1.0', 'key/device-list/57300'])

    const second = await openAuthState(library, store.copy())
    const { 7: preKey } = await second.keys.get('pre-key', ['7', '8'])
    expect(Buffer.isBuffer(preKey?.private)).to.equal(true)
    expect(Buffer.from(preKey?.private ?? []).equals(Buffer.alloc(32, 2))).to.equal(true)
    const sessions = await second.keys.get('session', ['573001112233_1.0'])
    expect(Buffer.from(sessions['573001112233_1.0'] ?? [])).to.deep.equal(Buffer.from([1, 2, 3]))
    expect(await second.keys.get('device-list', ['57300'])).to.deep.equal({ 57300: ['0', '5'] })
  })

  it('revives an app state key as the type the library signs with', async () => {
    const store = new MemoryStore()
    const library = await loadBaileys()
    const first = await openAuthState(library, store)
    await first.keys.set({ 'app-state-sync-key': { AAAA: { keyData: Buffer.alloc(32, 9), timestamp: 5 } } })
    const { AAAA } = await (await openAuthState(library, store.copy())).keys.get('app-state-sync-key', ['AAAA'])
    expect(AAAA).to.be.instanceOf(library.proto.Message.AppStateSyncKeyData)
    expect(Buffer.from(AAAA?.keyData ?? []).equals(Buffer.alloc(32, 9))).to.equal(true)
  })

  it('stores a commit with all its deletions in one write, or nothing of it', async () => {
    const store = new MemoryStore()
    const { keys } = await openAuthState(await loadBaileys(), store)
    await keys.set({ 'pre-key': { 1: keyPair(1), 2: keyPair(2) } })
    await keys.set({ 'pre-key': { 1: null }, session: { a: Buffer.from('s') } })
    expect(store.writes).to.have.length(2)
    expect([...store.rows.keys()]).to.have.members(['key/pre-key/2', 'key/session/a'])

    store.refuse = () => true
    const refused = await Promise.resolve(keys.set({ 'pre-key': { 2: null }, session: { b: Buffer.from('t') } })).then(() => 'stored', () => 'refused')
    expect(refused).to.equal('refused')
    expect([...store.rows.keys()]).to.have.members(['key/pre-key/2', 'key/session/a'])
  })

  it('never writes twice at once, keeps the order, and puts a burst into few writes', async () => {
    const store = new MemoryStore()
    const { keys } = await openAuthState(await loadBaileys(), store)
    await Promise.all(Array.from({ length: 100 }, (_, n) => keys.set({ session: { same: Buffer.from([n]) }, 'device-list': { [n]: ['0'] } })))
    expect(store.mostAtOnce).to.equal(1)
    expect(store.writes.length).to.be.lessThan(10)
    expect(store.rows.size).to.equal(101)
    const { same } = await (await openAuthState(await loadBaileys(), store.copy())).keys.get('session', ['same'])
    expect([...(same ?? [])]).to.deep.equal([99])
  })

  it('saves the creds as they are at that moment and finds them linked only after pairing', async () => {
    const store = new MemoryStore()
    const library = await loadBaileys()
    expect(await isLinked(library, store)).to.equal(false)
    const auth = await openAuthState(library, store)
    auth.creds.me = { id: '573001112233:5@s.whatsapp.net' }
    await auth.saveCreds()
    expect(await isLinked(library, store), 'a pairing code was asked for, nothing more').to.equal(false)
    auth.creds.account = { details: Buffer.from('d') }
    await auth.saveCreds()
    expect(await isLinked(library, store)).to.equal(true)
    const again = await openAuthState(library, store.copy())
    expect(Buffer.from(again.creds.noiseKey.private).equals(Buffer.from(auth.creds.noiseKey.private))).to.equal(true)
    expect(again.creds.me?.id).to.equal('573001112233:5@s.whatsapp.net')
  })

  it('stores rows of its own in the same write as keys, and tells of new pairs of phone and LID', async () => {
    const store = new MemoryStore()
    const pairs: unknown[] = []
    const { keys } = await openAuthState(await loadBaileys(), store, { pairs: (found) => pairs.push(...found) })
    await keys.set({ session: { a: Buffer.from('s') }, [OWN_ROWS]: { 'journal/1': Buffer.from('raw') }, 'lid-mapping': { 57300: '999', '999_reverse': '57300' } } as SignalDataSet)
    expect(store.writes).to.have.length(1)
    expect(Buffer.from(store.rows.get('journal/1') ?? []).toString()).to.equal('raw')
    expect(pairs).to.deep.equal([{ phone: '57300', lid: '999' }])
  })
})
