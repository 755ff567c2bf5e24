/** Two short tones made on the spot: no file to load, and different enough to know a new chat from a new message. */
let context: AudioContext | null = null

/** Call while the person presses something: browsers let a page make sounds only after that. */
export function unlockSound(): void {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
}

const tones = { message: [880, 1175], chat: [659, 880, 1319], offer: [784, 1047, 784, 1047, 1568] } as const

export function playSound(kind: keyof typeof tones): void {
  if (!context || context.state !== 'running') return
  tones[kind].forEach((pitch, index) => {
    if (!context) return
    const at = context.currentTime + index * 0.11
    const wave = context.createOscillator()
    const gain = context.createGain()
    wave.type = 'sine'
    wave.frequency.value = pitch
    gain.gain.setValueAtTime(0, at)
    gain.gain.linearRampToValueAtTime(0.12, at + 0.015)
    gain.gain.exponentialRampToValueAtTime(0.0008, at + 0.24)
    wave.connect(gain).connect(context.destination)
    wave.start(at)
    wave.stop(at + 0.26)
  })
}
