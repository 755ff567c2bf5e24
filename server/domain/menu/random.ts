/** Numbers that follow from a seed alone: a step repeated with the same seed makes the same ids. */

/** Four 32-bit words from a text (cyrb128). */
function words(seed: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762]
  for (let index = 0; index < seed.length; index++) {
    const sign = seed.charCodeAt(index)
    a = b ^ Math.imul(a ^ sign, 597399067)
    b = c ^ Math.imul(b ^ sign, 2869860233)
    c = d ^ Math.imul(c ^ sign, 951274213)
    d = a ^ Math.imul(d ^ sign, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0]
}

/** A generator of numbers in [0, 1) (sfc32). The seed is read at the first use. */
export function randomFrom(seed: string): () => number {
  let state: [number, number, number, number] | null = null
  return () => {
    let [a, b, c, d] = state ?? words(seed)
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    state = [a, b, c, d]
    return (sum >>> 0) / 4294967296
  }
}

/** A mark of 32 hexadecimal digits. */
export function mark(random: () => number): string {
  return Array.from({ length: 4 }, () => Math.floor(random() * 4294967296).toString(16).padStart(8, '0')).join('')
}
