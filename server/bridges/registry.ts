/**
 * The running bridges of this process: one per live, enabled channel, opened again when its configuration changes.
 * Bridges that hold a line (`persistent`) run in exactly one process, by lease.
 */
import type { Bridge, BridgeDefinition, Capabilities } from '../../plugins/sdk/bridge.ts'
import { runnableChannels, runnableEndpoint, type RunnableChannel } from '../actions/channelRuntime.ts'
import type { BridgeDirectory, Core } from '../actions/core.ts'
import { dropLease, holdLease } from '../actions/leases.ts'
import { ChannelLog } from './channelLog.ts'
import { makeHost, type FarEnds, type HostParts } from './host.ts'
import { Throttle } from './throttle.ts'

export interface Running {
  readonly channel: RunnableChannel
  readonly definition: BridgeDefinition
  readonly bridge: Bridge
  /** Stops what `connect` started. */
  readonly stop: AbortController
}

/** How long a line is ours without word from us. */
const leaseMs = 30_000

/** Definitions by type, and what open channels can do: all that the core asks. Made before the core, filled after. */
export class Directory implements BridgeDirectory {
  private readonly definitions: ReadonlyMap<string, BridgeDefinition>
  readonly running = new Map<string, Running>()
  constructor(definitions: ReadonlyMap<string, BridgeDefinition>) {
    this.definitions = definitions
  }
  definition(type: string): BridgeDefinition | undefined {
    return this.definitions.get(type)
  }
  types(): readonly string[] {
    return [...this.definitions.keys()].sort()
  }
  capabilities(channelId: string): Capabilities | undefined {
    return this.running.get(channelId)?.bridge.capabilities()
  }
}

export class Bridges {
  readonly log: ChannelLog
  private readonly core: Core
  private readonly directory: Directory
  private readonly parts: HostParts
  private readonly endpoints = new Map<string, Promise<Bridge | null>>()
  private reconciling: Promise<void> = Promise.resolve()
  private closed = false
  constructor(core: Core, directory: Directory, farEnds: FarEnds) {
    this.core = core
    this.directory = directory
    this.log = new ChannelLog(core)
    this.parts = { core, log: this.log, throttle: new Throttle(core.clock), farEnds }
  }

  running(channelId: string): Running | undefined {
    return this.directory.running.get(channelId)
  }
  all(): Running[] {
    return [...this.directory.running.values()]
  }

  /** The channel of a hosted bridge, by its id or its provider identity. */
  hosted(type: string, channel: string): Running | undefined {
    return this.all().find((one) => one.definition.type === type && one.bridge.hosted && (one.channel.id === channel || one.channel.identity === channel))
  }

  /** The runtime of an endpoint: for handshake, verify and parse alone. Null: unknown. */
  endpoint(type: string, endpointId: string): Promise<Bridge | null> {
    const key = `${type}/${endpointId}`
    let opened = this.endpoints.get(key)
    if (!opened) {
      opened = this.openEndpoint(type, endpointId)
      this.endpoints.set(key, opened)
      // An unknown id is asked for again: it may be made in the next moment.
      void opened.then((bridge) => bridge ?? this.endpoints.delete(key), () => this.endpoints.delete(key))
    }
    return opened
  }

  private async openEndpoint(type: string, endpointId: string): Promise<Bridge | null> {
    const endpoint = await runnableEndpoint(this.core, endpointId)
    const definition = endpoint && this.directory.definition(endpoint.bridge)
    if (!endpoint || !definition || endpoint.bridge !== type) return null
    const channel: RunnableChannel = { id: endpoint.id, bridge: type, endpointId, identity: null, revision: 0, enabled: true, settings: {}, secrets: endpoint.secrets }
    return this.open(definition, channel)
  }

  /** Opens what is new, closes what is gone, opens again what changed. Calls follow one another. */
  reconcile(): Promise<void> {
    this.reconciling = this.reconciling.then(() => this.doReconcile()).catch((error: unknown) => {
      this.core.log.error('channels not reconciled', { error: error instanceof Error ? error.message : String(error) })
    })
    return this.reconciling
  }

  private async doReconcile(): Promise<void> {
    if (this.closed) return
    this.endpoints.clear()
    const wanted = new Map((await runnableChannels(this.core)).filter((channel) => channel.enabled).map((channel) => [channel.id, channel]))
    for (const running of this.all()) {
      const now = wanted.get(running.channel.id)
      if (!now || now.revision !== running.channel.revision || now.identity !== running.channel.identity) await this.close(running)
    }
    for (const channel of wanted.values()) await this.start(channel)
  }

  private async start(channel: RunnableChannel): Promise<void> {
    const definition = this.directory.definition(channel.bridge)
    if (!definition || this.directory.running.has(channel.id)) return
    try {
      const bridge = this.open(definition, channel)
      if (bridge.capabilities().link === 'persistent' && (await holdLease(this.core, `line:${channel.id}`, leaseMs)) === null) return
      const running: Running = { channel, definition, bridge, stop: new AbortController() }
      this.directory.running.set(channel.id, running)
      await bridge.connect(running.stop.signal)
    } catch (error) {
      this.core.log.error('channel not opened', { channelId: channel.id, bridge: channel.bridge, error: error instanceof Error ? error.message : String(error) })
    }
  }

  private open(definition: BridgeDefinition, channel: RunnableChannel): Bridge {
    const webhookUrl = channel.endpointId ? `${this.core.publicUrl}/hooks/${channel.bridge}/${channel.endpointId}` : ''
    return definition.open({ id: channel.id, settings: channel.settings, secrets: channel.secrets, webhookUrl }, makeHost(this.parts, channel))
  }

  private async close(running: Running): Promise<void> {
    this.directory.running.delete(running.channel.id)
    running.stop.abort()
    await running.bridge.disconnect()
    if (running.bridge.capabilities().link === 'persistent') await dropLease(this.core, `line:${running.channel.id}`)
  }

  /** Renews the lines that are ours; one that was lost is let go at once, and free ones are taken. */
  async keepLeases(): Promise<void> {
    for (const running of this.all()) {
      if (running.bridge.capabilities().link !== 'persistent') continue
      if ((await holdLease(this.core, `line:${running.channel.id}`, leaseMs)) === null) await this.close(running)
    }
    await this.reconcile()
  }

  async closeAll(): Promise<void> {
    this.closed = true
    await this.reconciling
    for (const running of this.all()) await this.close(running)
    await this.log.settled()
  }
}
