/**
 * What to do when the line ends, by what ended it. 401 means that the phone removed the device; 403 and 406 that the
 * number is blocked; 405, 409 and 418 that the client is too old; 440 that another process uses the same keys, where
 * trying again would only throw the other out; 500 is also what the library says of an unknown stream error.
 */
export type Behaviour =
  /** Try again at once: part of linking. */
  | { readonly do: 'reconnect' }
  /** Try again after a while, longer each time. */
  | { readonly do: 'retry'; readonly code: string; /** Attempts in a row before `then`. */ readonly attempts?: number; readonly then?: Behaviour }
  /** Someone must act; nothing is tried. */
  | { readonly do: 'stop'; readonly code: string; readonly action: 'login' | 'open_app' | 'fix_settings' | 'upgrade' | 'wait'; readonly untilMs?: number }
  /** The keys are worthless: forget them. */
  | { readonly do: 'forget'; readonly code: string }

export interface Ending { readonly statusCode?: number; readonly message: string; readonly attributes?: Readonly<Record<string, unknown>> }

const stop = (code: string, action: Extract<Behaviour, { do: 'stop' }>['action']): Behaviour => ({ do: 'stop', code, action })
const retry = (code: string): Behaviour => ({ do: 'retry', code })

const byStatus: Readonly<Record<number, Behaviour>> = {
  401: { do: 'forget', code: 'logged_out' },
  403: stop('account_blocked', 'open_app'),
  405: stop('client_outdated', 'upgrade'),
  406: stop('account_blocked', 'open_app'),
  408: retry('connection_lost'),
  409: stop('client_outdated', 'upgrade'),
  411: stop('multi_device_off', 'open_app'),
  418: stop('client_outdated', 'upgrade'),
  428: retry('connection_closed'),
  440: stop('session_in_use', 'fix_settings'),
  500: { do: 'retry', code: 'bad_session', attempts: 4, then: stop('bad_session', 'login') },
  503: retry('service_unavailable'),
  515: { do: 'reconnect' },
}

export function behaviourOf(ending: Ending): Behaviour {
  const { statusCode, message, attributes = {} } = ending
  if (/signature invalid|certification match failed|verify account signature/i.test(message)) return stop('signature_invalid', 'fix_settings')
  // A proxy or a captive portal answers the upgrade with codes that mean something else further up.
  if (message.startsWith('WebSocket Error')) return retry('network')
  if (statusCode === 402) {
    const seconds = Number(attributes['expire'])
    return { do: 'stop', code: 'temporarily_banned', action: 'wait', ...(seconds > 0 ? { untilMs: seconds * 1000 } : {}) }
  }
  return byStatus[statusCode ?? 0] ?? retry(statusCode ? `code_${statusCode}` : 'unknown')
}

const STEPS_MS = [1000, 2000, 5000, 10_000, 30_000, 60_000] as const

/** Pause before attempt `n` (0 for the first), spread by up to a fifth either way. `random` gives [0, 1). */
export function pauseMs(attempt: number, random: () => number, steps: readonly number[] = STEPS_MS): number {
  const base = steps[Math.min(attempt, steps.length - 1)] ?? 60_000
  return Math.round(base * (0.8 + random() * 0.4))
}
