/** Instagram's codes in the words of the core (provider page "Window, rates, errors"). */
import { permanent, rules, transient } from '../shared/meta/errors.ts'
import type { ErrorTable } from '../shared/meta/errors.ts'

const minute = 60_000

export const errors: ErrorTable = {
  rules: {
    // By Instagram login, and by page.
    ...rules(permanent('window_closed'), '10/2534022', '10/2018278'),
    '100/2534014': permanent('not_on_network'),
    '*/2534068': permanent('not_supported'),
    ...rules(permanent('account_blocked'), '*/2534122', '*/1893063', '*/2534029', 368),
    551: permanent('recipient_blocked'),
    ...rules(transient('rate_limited', minute), 613, 4, 32, 80006),
    ...rules(transient('provider_error'), 1, 2, 1200, -1),
    ...rules(permanent('auth_failed'), 190, 102, 10),
    100: permanent('bad_request'),
  },
  range: code => (code >= 200 && code <= 299 ? permanent('auth_failed') : undefined),
}
