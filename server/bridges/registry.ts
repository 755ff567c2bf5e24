/**
 * The running bridges of this process: one per live, enabled channel, opened again when its configuration changes.
 * Bridges that hold a line (`persistent`) run in exactly one process, by lease.
 */
import type { Bridge, BridgeDefinition, Capabilities } from '../../plugins/sdk/bridge.ts'
import { runnableChannels, runnableEndpoint, type RunnableChannel } from '../actions/channelRuntime.ts'
import type { BridgeDirectory, Core } from '../actions/core.ts'
import { dropLease, holdLease, lineOf, type Fence } from '../actions/leases.ts'
import { ChannelLog } from './channelLog.ts'
import { makeHost, type FarEnds, type HostParts } from './host.ts'
import { Throttle } from './throttle.ts'

export interface Running {
  readonly channel: RunnableChannel
  readonly definition: BridgeDefinition
  readonly bridge: Bridge
  /** In which this process took the line; null for bridges that run in all processes. */
  readonly epoch: number | null
  /** Stops what `connect` started. */
  readonly stop: AbortController
}

/** How long a line is ours without word from us. */
const defaultLeaseMs = 20_000

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
  private readonly leaseMs: number
  constructor(core: Core, directory: Directory, farEnds: FarEnds, { leaseMs = defaultLeaseMs }: { leaseMs?: number } = {}) {
    this.leaseMs = leaseMs
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
      let fence: Fence | null = null
      const bridge = this.open(definition, channel, () => fence)
      if (bridge.capabilities().link === 'persistent') {
        const epoch = await holdLease(this.core, lineOf(channel.id), this.leaseMs)
        if (epoch === null) return
        fence = { lease: lineOf(channel.id), epoch }
      }
      const running: Running = { channel, definition, bridge, epoch: fence?.epoch ?? null, stop: new AbortController() }
      this.directory.running.set(channel.id, running)
      await bridge.connect(running.stop.signal)
    } catch (error) {
      this.core.log.error('channel not opened', { channelId: channel.id, bridge: channel.bridge, error: error instanceof Error ? error.message : String(error) })
    }
  }

  private open(definition: BridgeDefinition, channel: RunnableChannel, fence?: () => Fence | null): Bridge {
    const webhookUrl = channel.endpointId ? `${this.core.publicUrl}/hooks/${channel.bridge}/${channel.endpointId}` : ''
    return definition.open({ id: channel.id, settings: channel.settings, secrets: channel.secrets, webhookUrl }, makeHost(this.parts, channel, fence))
  }

  private async close(running: Running): Promise<void> {
    this.directory.running.delete(running.channel.id)
    running.stop.abort()
    await running.bridge.disconnect()
    if (running.epoch !== null) await dropLease(this.core, lineOf(running.channel.id))
  }

  /** Renews the lines that are ours; one that was lost is let go at once, and free ones are taken. */
  async keepLeases(): Promise<void> {
    for (const running of this.all()) {
      if (running.epoch === null) continue
      // Free again after somebody else had it: its keys are newer than what is in memory here.
      if ((await holdLease(this.core, lineOf(running.channel.id), this.leaseMs)) !== running.epoch) await this.close(running)
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
