/** Cloud API codes in the words of the core (provider page "Errors"). Decided by code, never by title. */
import { permanent, rules, transient } from '../shared/meta/errors.ts'
import type { ErrorTable } from '../shared/meta/errors.ts'

const second = 1000
const hour = 3_600_000

export const errors: ErrorTable = {
  rules: {
    // Retry with back-off.
    ...rules(transient('provider_error'), 1, 2, 131000, 131016, 133004),
    ...rules(transient('rate_limited', 60 * second), 4, 80007),
    ...rules(transient('rate_limited', second), 130429),
    // One pair of numbers: 1 message in 6 s; the provider asks for 4^n s, which the core's back-off gives from here on.
    ...rules(transient('rate_limited', 6 * second), 131056),
    // The number is under maintenance for some minutes.
    ...rules(transient('provider_error', 300 * second), 131057),
    // Wait a day, do not loop.
    ...rules(permanent('rate_limited', 24 * hour), 131048),
    ...rules(permanent('recipient_limited', 24 * hour), 131049, 130472),
    131047: permanent('window_closed'),
    131050: permanent('opted_out'),
    131026: permanent('not_on_network'),
    // The channel is broken: its outbox waits until someone acts.
    ...rules(permanent('auth_failed'), 0, 3, 10, 33, 190, 131045, 133010),
    ...rules(permanent('account_blocked'), 368, 131031, 131037, 130497),
    131042: permanent('payment_required'),
    // Our fault or the person's.
    ...rules(permanent('bad_request'), 100, 131005, 131008, 131009, 131021, 135000),
    // The object named in the request is gone or not ours.
    '100/33': permanent('bad_request'),
    131051: permanent('not_supported'),
    ...rules(permanent('media_unavailable'), 131052, 131053),
    ...rules(permanent('template_invalid'), 132000, 132005, 132007, 132012, 132068, 132069),
    ...rules(permanent('template_not_approved'), 132001, 132015, 132016),
    // Creating and changing templates; the code is 100, the subcode tells.
    ...rules(permanent('template_invalid'), ...[2388040, 2388047, 2388072, 2388073, 2388293, 2388299, 2388019].flatMap(code => [code, `*/${code}`])),
  },
  range: code => (code >= 200 && code <= 299 ? permanent('auth_failed') : undefined),
}
