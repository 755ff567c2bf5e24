/** A voice note from the microphone, in what this browser records best. */
export interface Recording { stop(): Promise<{ file: Blob; name: string; durationMs: number }>; cancel(): void }

const types = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4']
const endings: Record<string, string> = { 'audio/ogg': 'ogg', 'audio/webm': 'webm', 'audio/mp4': 'm4a' }

export const canRecord = (): boolean => typeof MediaRecorder !== 'undefined' && Boolean(navigator.mediaDevices?.getUserMedia)

/** Rejects when the visitor or the site does not allow the microphone. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type))
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType, audioBitsPerSecond: 32_000 } : {})
  const pieces: Blob[] = []
  const startedAt = performance.now()
  recorder.ondataavailable = (event) => { pieces.push(event.data) }
  recorder.start()
  const end = (): Promise<void> => new Promise((resolve) => {
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop()
      resolve()
    }
    recorder.stop()
  })
  return {
    stop: async () => {
      const durationMs = Math.round(performance.now() - startedAt)
      await end()
      const type = (recorder.mimeType || 'audio/webm').split(';')[0] ?? 'audio/webm'
      return { file: new Blob(pieces, { type }), name: `voz.${endings[type] ?? 'webm'}`, durationMs }
    },
    cancel: () => { void end() },
  }
}
