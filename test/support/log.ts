import type { Log } from '../../server/domain/ports.ts'

export interface LogLine { level: keyof Log; message: string; fields: object | undefined }

/** A log that keeps its lines, for tests that assert them. */
export function keepingLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = []
  const write = (level: keyof Log) => (message: string, fields?: object): void => { lines.push({ level, message, fields }) }
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
