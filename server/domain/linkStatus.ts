/** From what a bridge reports to the link status of a channel (domain §1.1). */
import type { BridgeStatus } from '../../plugins/sdk/bridge.ts'

export type LinkStatus = 'unlinked' | 'linking' | 'connected' | 'reconnecting' | 'disconnected' | 'disabled'

export function linkStatusOf(status: BridgeStatus): LinkStatus {
  switch (status.state) {
    case 'unconfigured': case 'logged_out': return 'unlinked'
    case 'connecting': case 'transient_disconnect': return 'reconnecting'
    case 'connected': return 'connected'
    case 'action_required': return 'disconnected'
  }
}
