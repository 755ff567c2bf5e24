/** What the server answers to a client's queries. */
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { FakeWhatsApp } from './fake.ts'
import { bundleNode, keyOf, type Group } from './people.ts'
import type { Phone } from './phone.ts'
import { bytesOf, child, children, lidJid, node, parseJid, phoneJid, text } from './stanza.ts'

type Answer = BinaryNode[] | { readonly error: number }

function usync(fake: FakeWhatsApp, phone: Phone, query: BinaryNode): BinaryNode[] {
  const list = child(child(query, 'usync'), 'list')
  const users = children(list).map((user) => {
    const typed = bytesOf(child(user, 'contact')).toString().replace('+', '')
    const asked = typed ? phoneJid(fake.mended.get(typed) ?? typed) : user.attrs['jid'] ?? ''
    const person = fake.find(asked)
    const own = phone.is(asked)
    const devices = person ? [node('device', { id: '0' }), ...(own && phone.device ? [node('device', { id: String(phone.device.id), 'key-index': '1' })] : [])] : []
    return node('user', { jid: asked }, [
      node('contact', { type: person ? 'in' : 'out' }),
      ...(person ? [node('devices', {}, [node('device-list', {}, devices)]), ...(person.hasLid ? [node('lid', { val: lidJid(person.lid) })] : [])] : []),
    ])
  })
  return [node('usync', {}, [node('result', {}), node('list', {}, users)])]
}

function keys(fake: FakeWhatsApp, phone: Phone, query: BinaryNode): BinaryNode[] {
  const users = children(child(query, 'key')).map(({ attrs: { jid = '' } }) => {
    const { device } = parseJid(jid)
    if (phone.is(jid) && phone.device && device === phone.device.id) {
      return bundleNode(jid, { registrationId: phone.device.registrationId, identity: phone.device.identity, signed: phone.device.signed })
    }
    const person = fake.find(jid)
    if (!person) return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })])
    const bundle = person.party.bundle()
    if (!fake.forgePreKeys) return bundleNode(jid, bundle)
    return bundleNode(jid, { ...bundle, signed: { ...bundle.signed, signature: Buffer.alloc(64, 1) } })
  })
  return [node('list', {}, users)]
}

function encrypt(fake: FakeWhatsApp, phone: Phone, query: BinaryNode): Answer {
  const device = phone.device
  if (!device) return { error: 401 }
  if (child(query, 'count')) return [node('count', { value: String(device.oneTime.length) })]
  if (child(query, 'digest')) return [node('digest', {}, [node('registration', {}, Buffer.alloc(4))])]
  if (child(query, 'key') && query.attrs['type'] === 'get') return keys(fake, phone, query)
  const rotated = child(child(query, 'rotate') ?? query, 'skey')
  if (rotated) device.signed = { ...keyOf(rotated), signature: bytesOf(child(rotated, 'signature')) }
  for (const key of children(child(query, 'list'))) device.oneTime.push(keyOf(key))
  return []
}

function groups(fake: FakeWhatsApp, phone: Phone, query: BinaryNode): Answer {
  const [ask] = children(query)
  const to = query.attrs['to'] ?? ''
  if (!ask) return []
  if (ask.tag === 'participating') {
    return [node('groups', {}, fake.groups.filter((group) => group.member(phone.phoneJid)).map((group) => group.node()))]
  }
  if (ask.tag === 'create') {
    const members = children(ask).flatMap(({ attrs: { jid = '' } }) => fake.find(jid) ?? [])
    return [fake.group(ask.attrs['subject'] ?? '', phone, members).node()]
  }
  if (ask.tag === 'leave') {
    for (const { attrs: { id } } of children(ask)) {
      const left = fake.groups.find((group) => group.jid === id)
      if (left) left.members = left.members.filter(({ person }) => person !== phone)
    }
    return []
  }
  const group = fake.groups.find((one) => one.jid === to)
  if (!group) return { error: 404 }
  if (!group.member(phone.phoneJid)) return { error: 403 }
  return administer(fake, phone, group, ask, query.attrs['type'] === 'set')
}

function administer(fake: FakeWhatsApp, phone: Phone, group: Group, ask: BinaryNode, isSet: boolean): Answer {
  if (ask.tag === 'query') return [group.node()]
  if (ask.tag === 'invite') {
    if (isSet) group.inviteCode = `New${group.inviteCode.slice(3)}`
    return [node('invite', { code: group.inviteCode })]
  }
  if (group.member(phone.phoneJid)?.role === 'member') return { error: 403 }
  if (ask.tag === 'subject') group.subject = bytesOf(ask).toString()
  if (ask.tag === 'description') {
    group.description = bytesOf(child(ask, 'body')).toString()
    group.descriptionId = ask.attrs['id'] ?? ''
  }
  const asked = children(ask).flatMap(({ attrs: { jid = '' } }) => fake.find(jid) ?? [])
  if (ask.tag === 'add') for (const person of asked) if (!group.member(person.lidJid)) group.members.push({ person, role: 'member' })
  if (ask.tag === 'remove') group.members = group.members.filter(({ person }) => !asked.includes(person))
  if (ask.tag === 'promote' || ask.tag === 'demote') {
    for (const member of group.members) if (asked.includes(member.person)) member.role = ask.tag === 'promote' ? 'admin' : 'member'
  }
  return [node(ask.tag, {}, asked.map((person) => node('participant', { jid: person.lidJid })))]
}

function appState(phone: Phone, query: BinaryNode): BinaryNode[] {
  return [node('sync', {}, children(child(query, 'sync')).map(({ attrs: { name = '', version = '0' } }) => {
    const patches = phone.patches(name).slice(Number(version))
    return node('collection', { name, version }, patches.length === 0 ? [] : [node('patches', {}, patches.map((patch) => node('patch', {}, patch)))])
  }))]
}

/** The content of the result; an error code refuses. */
export function answerTo(fake: FakeWhatsApp, phone: Phone, query: BinaryNode): Answer {
  switch (query.attrs['xmlns']) {
    case 'usync': return usync(fake, phone, query)
    case 'encrypt': return encrypt(fake, phone, query)
    case 'w:g2': return groups(fake, phone, query)
    case 'w:sync:app:state': return appState(phone, query)
    case 'w:m': return [node('media_conn', { auth: 'secret', ttl: '3600', hostname: fake.media.host }, [node('host', { hostname: fake.media.host, maxContentLengthBytes: '100000000' })])]
    case 'privacy': return query.attrs['type'] === 'get' ? [node('privacy', {}, [node('category', { name: 'readreceipts', value: 'all' })])] : []
    case 'blocklist': return [node('list', {})]
    case 'abt': return [node('props', { hash: 'x' })]
    case 'w:profile:picture': {
      const picture = fake.pictures.get(query.attrs['target'] ?? '')
      if (query.attrs['type'] === 'set') fake.changedPictures.push({ target: query.attrs['target'] ?? phone.phoneJid, bytes: bytesOf(child(query, 'picture')) })
      return picture ? [node('picture', { url: picture })] : query.attrs['type'] === 'get' ? { error: 404 } : []
    }
    case 'w:mex': return [node('result', {}, text(JSON.stringify({ data: { xwa2_fetch_account_reachout_timelock: phone.reachoutLock } })))]
    default: return []
  }
}
