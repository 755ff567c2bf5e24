import { nodeSchema, outputs, reference } from '../fields.ts'
import type { Check } from '../check.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('set_campaign', outputs(), { campaign: reference, subcampaign: reference.optional() })

/** Stamps the conversation; the code that does not exist, or null when all is well. */
export function stampCampaign(m: Machine, campaign: string | undefined, subcampaign: string | undefined): string | null {
  const code = m.text(campaign).trim()
  if (code === '') return null
  const found = m.env.catalog.campaign(code)
  if (!found) return code
  const part = m.text(subcampaign).trim()
  const below = part === '' ? null : m.env.catalog.subcampaign(code, part)
  if (part !== '' && !below) return `${code}/${part}`
  m.emit({ kind: 'campaign', campaignId: found.id, subcampaignId: below?.id ?? null })
  return null
}

export const setCampaign = defineNode<NodeOf<typeof schema>>({
  type: 'set_campaign',
  schema,
  editor: {
    group: 'data', icon: 'megaphone', label: { es: 'Campaña', en: 'Campaign' },
    help: { es: 'Marca la conversación con una campaña.', en: 'Stamps the conversation with a campaign.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['campaign', 'subcampaign'],
  references: { campaigns: ['campaign'] },
  enter: (node, m) => {
    const unknown = stampCampaign(m, node.campaign, node.subcampaign)
    if (unknown === null) return m.go(node.next)
    if (node.on?.['error'] !== undefined) return m.fail('unknown_campaign', unknown)
    m.notice('unknown_campaign', unknown)
    return m.go(node.next)
  },
  check: (node, check) => checkSubcampaign(node.campaign, node.subcampaign, check),
})

export function checkSubcampaign(campaign: string | undefined, subcampaign: string | undefined, check: Check): void {
  if (campaign === undefined || subcampaign === undefined || `${campaign}${subcampaign}`.includes('{')) return
  if (check.catalog.campaign(campaign) === null || check.catalog.subcampaign(campaign, subcampaign) !== null) return
  check.report('unknown_campaign', 'subcampaign', `${campaign}/${subcampaign}`)
}
