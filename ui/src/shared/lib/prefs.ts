/** What this browser keeps for itself. A browser that refuses storage works all the same, it only forgets. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`turno.${key}`)
  } catch {
    return null
  }
}

export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`turno.${key}`)
    else localStorage.setItem(`turno.${key}`, value)
  } catch {
    return
  }
}
