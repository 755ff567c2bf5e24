/** Group changes, as far as they tell a whole state (the OpenAPI file's examples are sloppy: integers for ids, the wrong type). */
import type { InboundEvent, RemoteGroup } from '../sdk/bridge.ts'
import { instant, objects, optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { eventKey } from '../shared/meta/keys.ts'
import { note } from './change.ts'
import type { Change } from './change.ts'
import { idsIn, person } from './identity.ts'

export function groupEvents(change: Change): InboundEvent[] {
  return objects(change.value.groups).map((group, index) => {
    const at = instant(group.timestamp, change.entryTime)
    const chat = str(group.group_id)
    const type = str(group.type) ?? 'unknown'
    const state = chat && stateOf(change, group, type)
    if (!chat || !state) return note(change, at, index, `group:${change.field}`, `Group ${chat ?? 'unknown'}: ${summary(group, type)}`)
    return {
      kind: 'group', key: eventKey('g', chat, type, str(group.request_id) ?? at.getTime()), at, account: change.account, chat, chatKind: 'group',
      change: state, group: groupOf(change, group, chat),
    }
  })
}

/**
 * Only creation, deletion and a new subject say enough. A change of members
 * names the changed ones alone; taken for the whole list it would empty the group.
 */
function stateOf(change: Change, group: Obj, type: string): 'joined' | 'removed' | 'state' | undefined {
  if (change.field === 'group_lifecycle_update' && objects(group.errors).length === 0) {
    return type === 'group_create' ? 'joined' : type === 'group_delete' ? 'removed' : undefined
  }
  return change.field === 'group_settings_update' && str(group.subject) ? 'state' : undefined
}

const groupOf = (change: Change, group: Obj, chat: string): RemoteGroup => ({
  chat,
  subject: str(group.subject) ?? '',
  ...optional('description', str(group.description)),
  members: objects(group.added_participants).flatMap(entry => {
    const profile = person(idsIn(entry, 'wa_id', 'user_id', 'parent_user_id'), change.waba)
    return profile ? [{ profile, role: 'member' as const }] : []
  }),
})

function summary(group: Obj, type: string): string {
  const names = (list: unknown) => objects(list).map(entry => str(entry.wa_id) ?? str(entry.user_id) ?? str(entry.input)).join(', ')
  const added = names(group.added_participants)
  const removed = names(group.removed_participants)
  return [type, added && `added ${added}`, removed && `removed ${removed}`].filter(Boolean).join('; ')
}
