/**
 * A company's colour made into the accent tokens of both themes, so that text on it and in it keeps 4.5:1 and
 * graphics 3:1 whatever colour was chosen. Used by the loader too: no dependencies.
 */
type Rgb = readonly [number, number, number]

const parse = (hex: string): Rgb => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb
const format = (rgb: Rgb): string => `#${rgb.map((one) => Math.round(one).toString(16).padStart(2, '0')).join('')}`
const mixed = (from: Rgb, to: Rgb, share: number): Rgb => from.map((one, at) => one + ((to[at] ?? 0) - one) * share) as unknown as Rgb

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((one) => {
    const value = one / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG contrast, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [bright, dark] = [luminance(parse(one)), luminance(parse(other))].sort((a, b) => b - a) as [number, number]
  return (bright + 0.05) / (dark + 0.05)
}

const white = '#ffffff'
const black = '#000000'

/** The colour itself, or the nearest on the way to `toward` that has this contrast with the background. */
function until(colour: string, toward: string, background: string, wanted: number): string {
  for (let share = 0; share < 1; share += 0.04) {
    const tried = format(mixed(parse(colour), parse(toward), share))
    if (contrast(tried, background) >= wanted) return tried
  }
  return toward
}

/** White where it can be read, otherwise near-black. */
export const textOn = (colour: string): string => (contrast(white, colour) >= 4.5 ? white : contrast('#10181f', colour) >= 4.5 ? '#10181f' : black)

/** The colour that the tokens are drawn with; for it they stay as they are. */
export const houseColour = '#0a6478'

const surfaces = { light: '#ffffff', dark: '#151b20' } as const

/** Values of the accent tokens, without their `--`; empty for the house colour. */
export function palette(colour: string, theme: 'light' | 'dark'): Record<string, string> {
  if (colour === houseColour) return {}
  const surface = surfaces[theme]
  const away = theme === 'light' ? black : white
  // On light surfaces fills keep the company's very colour; what is thin or is text takes accent-ink. On dark ones it is brightened.
  const accent = until(colour, away, surface, theme === 'light' ? 1.25 : 5)
  const soft = format(mixed(parse(surface), parse(accent), theme === 'light' ? 0.14 : 0.22))
  const ink = until(accent, away, soft, 4.6)
  const bubble = format(mixed(parse(surface), parse(accent), theme === 'light' ? 0.16 : 0.28))
  return {
    accent,
    'accent-hover': format(mixed(parse(accent), parse(away), 0.16)),
    'on-accent': textOn(accent),
    'accent-soft': soft,
    'accent-ink': ink,
    'bubble-out': bubble,
    'bubble-out-meta': until(theme === 'light' ? '#3c5f69' : '#a9cbd4', away, bubble, 4.6),
    'tick-read': until(theme === 'light' ? '#0764ad' : '#67cdff', away, bubble, 4.5),
    focus: ink,
  }
}
