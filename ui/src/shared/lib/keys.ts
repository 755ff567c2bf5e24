/** Single-key shortcuts. They never fire inside a field, under a dialog or menu, or with a modifier held. */

export type KeyMap = Record<string, () => void>

const busy = 'input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]'

function blocked(target: EventTarget | null): boolean {
  return (target instanceof Element && target.closest(busy) !== null) || document.querySelector('[role="dialog"]') !== null
}

/** Listens until the returned function is called. `enabled` is asked at every key. */
export function listenForKeys(map: KeyMap, enabled: () => boolean): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const run = map[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!run || !enabled() || blocked(event.target)) return
    event.preventDefault()
    run()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}
