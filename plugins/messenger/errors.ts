/** Messenger's codes in the words of the core (provider page, last table). */
import { permanent, rules, transient } from '../shared/meta/errors.ts'
import type { ErrorTable } from '../shared/meta/errors.ts'

const minute = 60_000

export const errors: ErrorTable = {
  rules: {
    '10/2018278': permanent('window_closed'),
    ...rules(permanent('recipient_blocked'), 551, '551/1545041', '200/1545041'),
    ...rules(transient('rate_limited', minute), 613, 4, 32, 80006),
    ...rules(transient('provider_error'), 1, 2, 1200, -1),
    ...rules(permanent('auth_failed'), 190, 102, 10, 230),
    ...rules(permanent('account_blocked'), 368, '10/1893063'),
    '100/2018001': permanent('not_on_network'),
    '100/2018109': permanent('media_too_large'),
    ...rules(permanent('media_unavailable'), '100/2018047', '100/2018008'),
    100: permanent('bad_request'),
  },
  range: code => (code >= 200 && code <= 299 ? permanent('auth_failed') : undefined),
}
