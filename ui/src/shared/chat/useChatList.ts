/** A list as it stands on screen: sorted, grouped by space, without what is being resolved. */
import { computed, reactive, type Ref } from 'vue'
import type { ChatRow } from '../../../../server/http/contract/chats.ts'
import { compareRows, spaces, type ChatFilter } from '../lib/lists.ts'
import { useChats } from '../stores/chats.ts'
import { useResolving } from '../stores/resolving.ts'

export type ListItem =
  | { type: 'space'; queueId: string | null; name: string | null; count: number; longest: number | null; open: boolean }
  | { type: 'row'; row: ChatRow }

export function useChatList(filter: Ref<ChatFilter>, grouped: Ref<boolean>) {
  const chats = useChats()
  const resolving = useResolving()
  const folded = reactive(new Set<string | null>())

  const state = computed(() => chats.list(filter.value))
  const rows = computed(() =>
    [...state.value.ids]
      .flatMap((id) => chats.rows.get(id) ?? [])
      .filter((row) => !resolving.hidden.has(row.id))
      .sort(compareRows(filter.value.sort ?? 'recent')),
  )
  const items = computed<ListItem[]>(() => {
    if (!grouped.value) return rows.value.map((row) => ({ type: 'row', row }))
    return spaces(rows.value).flatMap((space): ListItem[] => {
      const open = !folded.has(space.queueId)
      const heading: ListItem = { type: 'space', queueId: space.queueId, name: space.name, count: space.rows.length, longest: space.longest, open }
      return [heading, ...(open ? space.rows.map((row): ListItem => ({ type: 'row', row })) : [])]
    })
  })
  /** Chats in the order in which J and K go through them. */
  const order = computed(() => items.value.flatMap((item) => (item.type === 'row' ? [item.row] : [])))

  function toggle(queueId: string | null): void {
    if (!folded.delete(queueId)) folded.add(queueId)
  }

  /** The chat `step` places further; the first one when `from` is not in the list. */
  function neighbour(from: string | null, step: 1 | -1): ChatRow | null {
    const at = order.value.findIndex((row) => row.id === from)
    return order.value[at < 0 ? 0 : at + step] ?? null
  }

  return { state, rows, items, order, toggle, neighbour }
}
