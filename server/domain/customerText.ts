/** Short texts customers read (join, transfer, waiting, farewell): Liquid over plain data. */
import { Liquid, type Template } from 'liquidjs'

const engine = new Liquid({ cache: 500, strictFilters: true, ownPropertyOnly: true, parseLimit: 64_000, renderLimit: 100, memoryLimit: 1_000_000 })
const parsed = new Map<string, Template[]>()

/** Renders a text; one that cannot be rendered is sent as it is written, never dropped. */
export function renderText(text: string, data: Record<string, unknown>): string {
  if (!text.includes('{')) return text
  try {
    let template = parsed.get(text)
    if (!template) {
      if (parsed.size > 500) parsed.clear()
      template = engine.parse(text)
      parsed.set(text, template)
    }
    return String(engine.renderSync(template, data))
  } catch {
    return text
  }
}
