/** From which wait on a timer changes its colour and icon. */
export const waitTargets = { warnMs: 180_000, badMs: 600_000 }
export type Level = 'ok' | 'warn' | 'bad'

export const waitLevel = (ms: number): Level => (ms >= waitTargets.badMs ? 'bad' : ms >= waitTargets.warnMs ? 'warn' : 'ok')
