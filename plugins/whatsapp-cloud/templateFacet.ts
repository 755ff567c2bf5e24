/** The account's templates at Meta: list, submit with a media sample, edit, remove. */
import { BridgeError } from '../sdk/bridge.ts'
import type { RemoteTemplate, TemplateDraft, TemplateFacet } from '../sdk/bridge.ts'
import type { Graph } from '../shared/meta/graph.ts'
import { str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import type { CloudSettings } from './settings.ts'
import { checkDraft, draftBody, remoteTemplate, templateFields } from './templates.ts'

const perPage = 100

export function templateFacet(graph: Graph, settings: CloudSettings): Required<TemplateFacet> {
  const collection = `${settings.wabaId}/message_templates`

  async function bodyOf(draft: TemplateDraft, signal: AbortSignal) {
    checkDraft(draft)
    const { header } = draft
    const sample = header && 'sample' in header ? await graph.uploadSample(settings.appId, header.sample, signal) : undefined
    return draftBody(draft, sample)
  }

  return {
    async list(signal) {
      const all: RemoteTemplate[] = []
      for await (const page of graph.pages(collection, { fields: templateFields, limit: perPage }, signal)) all.push(...page.map(remoteTemplate))
      return all
    },
    async submit(draft, signal) {
      const body = await bodyOf(draft, signal)
      const answer = await graph.post(collection, { ...body, allow_category_change: true }, { signal })
      return submitted(body, answer)
    },
    async edit(template, draft, signal) {
      const body = await bodyOf(draft, signal)
      // The category of an approved template cannot be changed, and sending it unchanged is refused too.
      const recategorised = template.status !== 'approved' && draft.category !== template.category
      await graph.post(template.remoteId, { components: body.components, ...(recategorised && { category: body.category }) }, { signal })
      return submitted(body, { id: template.remoteId })
    },
    async remove(template, signal) {
      await graph.delete(collection, { name: template.name, hsm_id: template.remoteId || undefined }, signal)
    },
  }
}

/** What was sent, with what Meta made of it: it may have moved the template to another category. */
function submitted(body: Obj, answer: Obj): RemoteTemplate {
  const remoteId = str(answer.id)
  if (!remoteId) throw new BridgeError('transient', 'provider_error', 'The template has no id')
  return remoteTemplate({ ...body, id: remoteId, status: str(answer.status) ?? 'PENDING', category: str(answer.category) ?? body.category })
}
