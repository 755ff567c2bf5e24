/** One thing that the doctor looks at. */
export type Verdict = 'ok' | 'warn' | 'fail'

export interface Finding {
  readonly check: string
  readonly verdict: Verdict
  /** Values of the text `doctor.<check>.<outcome>`. */
  readonly outcome: string
  readonly values: Readonly<Record<string, unknown>>
}

export const ok = (check: string, values: Finding['values'] = {}, outcome = 'ok'): Finding => ({ check, verdict: 'ok', outcome, values })
export const warn = (check: string, outcome: string, values: Finding['values'] = {}): Finding => ({
  check,
  verdict: 'warn',
  outcome,
  values,
})
export const fail = (check: string, outcome: string, values: Finding['values'] = {}): Finding => ({
  check,
  verdict: 'fail',
  outcome,
  values,
})
