/**
 * Tooltips: one for the whole page. `v-tip` marks an element; TipHost shows the text after a moment of pointing, or at
 * once for the keyboard. It only repeats a name that is already there for assistive technology.
 */
import { ref, type ObjectDirective } from 'vue'

export interface Tip { text: string; kbd?: string | undefined }
const tips = new WeakMap<Element, Tip>()

export const shownTip = ref<{ tip: Tip; anchor: Element } | null>(null)

export const vTip: ObjectDirective<HTMLElement, Tip> = {
  beforeMount: (element, { value }) => {
    tips.set(element, value)
    element.dataset['tip'] = ''
  },
  updated: (element, { value }) => { tips.set(element, value) },
  unmounted: (element) => {
    tips.delete(element)
    if (shownTip.value?.anchor === element) shownTip.value = null
  },
}

const pointedAfterMs = 500
let timer: ReturnType<typeof setTimeout> | null = null

function hide(): void {
  if (timer) clearTimeout(timer)
  timer = null
  shownTip.value = null
}

function show(target: EventTarget | null, after: number): void {
  const anchor = target instanceof Element ? target.closest('[data-tip]') : null
  if (anchor && anchor === shownTip.value?.anchor) return
  hide()
  const tip = anchor ? tips.get(anchor) : undefined
  if (!anchor || !tip) return
  timer = setTimeout(() => { shownTip.value = { tip, anchor } }, after)
}

/** Returns what stops it. */
export function listenForTips(): () => void {
  const over = (event: PointerEvent) => { if (event.pointerType === 'mouse') show(event.target, pointedAfterMs) }
  const focus = (event: FocusEvent) => { if (event.target instanceof Element && event.target.matches(':focus-visible')) show(event.target, 0) }
  const key = (event: KeyboardEvent) => { if (event.key === 'Escape') hide() }
  const ways: [string, (event: never) => void][] = [['pointerover', over], ['focusin', focus], ['focusout', hide], ['pointerdown', hide], ['keydown', key], ['scroll', hide]]
  for (const [name, run] of ways) document.addEventListener(name, run as EventListener, { capture: true, passive: true })
  return () => { for (const [name, run] of ways) document.removeEventListener(name, run as EventListener, { capture: true }) }
}
