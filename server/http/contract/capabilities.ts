/** What a channel can do, as its bridge declares it (the SDK's Capabilities, as it travels in JSON). */
import type { Capabilities } from '../../../plugins/sdk/bridge.ts'

export type ChannelCapabilities = Capabilities
