/** Colleagues, queues, channels and reasons: what is small enough to be known whole, kept current by the feed. */
import { computed, ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import type { AgentView, Bootstrap, ChannelView, PauseReasonView, Permission, QueueView } from '../../../../server/http/contract/session.ts'
import type { FeedItem } from '../../../../server/http/contract/feed.ts'

const emptySettings: Bootstrap['settings'] = { companyName: 'Turno', timezone: 'UTC', locale: 'es', maxUploadBytes: 0 }

export const useDirectory = defineStore('directory', () => {
  const agents = ref(new Map<string, AgentView>())
  const channels = ref(new Map<string, ChannelView>())
  const queues = shallowRef<QueueView[]>([])
  const pauseReasons = shallowRef<PauseReasonView[]>([])
  const permissions = shallowRef<ReadonlySet<Permission>>(new Set())
  const settings = shallowRef(emptySettings)
  const meId = ref<string | null>(null)

  const me = computed(() => (meId.value ? (agents.value.get(meId.value) ?? null) : null))
  const queue = (id: string | null) => queues.value.find((one) => one.id === id) ?? null
  const may = (permission: Permission) => permissions.value.has(permission)
  /** Channels on which nothing can be sent now. A line that reconnects by itself is not one of them. */
  const downChannels = computed(() => [...channels.value.values()].filter((one) => one.status !== 'connected' && one.status !== 'reconnecting'))

  function fill(boot: Bootstrap): void {
    agents.value = new Map(boot.agents.map((one) => [one.id, one]))
    if (boot.me) agents.value.set(boot.me.id, boot.me)
    meId.value = boot.me?.id ?? null
    channels.value = new Map(boot.channels.map((one) => [one.id, one]))
    queues.value = boot.queues
    pauseReasons.value = boot.pauseReasons
    permissions.value = new Set(boot.permissions)
    settings.value = boot.settings
  }

  function setAgent(agent: AgentView): void {
    agents.value.set(agent.id, agent)
  }

  function apply(item: FeedItem): void {
    if (item.agent) setAgent(item.agent)
    if (item.channel) channels.value.set(item.channel.id, item.channel)
  }

  return { agents, channels, queues, pauseReasons, permissions, settings, me, downChannels, queue, may, fill, setAgent, apply }
})
