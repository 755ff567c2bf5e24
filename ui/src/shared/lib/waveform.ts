/** The shape of a sound, as heights of bars in a box of 28. */

export const barCount = 40
const highest = 26
const lowest = 3

/** Before the sound was read: all low, so that nobody takes an invented shape for the real one. */
export const flatBars: readonly number[] = Array.from({ length: barCount }, () => lowest)

/** The loudest point of each part, the loudest of all being the highest bar. */
export function barsOf(samples: Float32Array): number[] {
  const part = Math.max(1, Math.floor(samples.length / barCount))
  const peaks = Array.from({ length: barCount }, (_, at) => {
    let peak = 0
    for (let n = at * part; n < Math.min(samples.length, (at + 1) * part); n += 1) peak = Math.max(peak, Math.abs(samples[n] ?? 0))
    return peak
  })
  const loudest = Math.max(...peaks)
  return peaks.map((peak) => (loudest === 0 ? lowest : lowest + (peak / loudest) * (highest - lowest)))
}
