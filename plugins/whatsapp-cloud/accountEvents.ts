/** What concerns the account and its templates rather than a chat. */
import type { InboundEvent } from '../sdk/bridge.ts'
import { instant, objOr, optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { eventKey } from '../shared/meta/keys.ts'
import { note } from './change.ts'
import type { Change } from './change.ts'
import { categoryOf, languageOf, statusOf } from './templates.ts'

export function accountEvents(change: Change): InboundEvent[] {
  const { value, field } = change
  const at = instant(value.timestamp, change.entryTime)
  if (field === 'message_template_status_update' || field === 'template_category_update') {
    const template = templateChange(value)
    if (template) return [{ kind: 'template', key: eventKey('t', template.remoteId, str(value.event) ?? field, change.place), at, account: change.waba, template }]
  }
  const code = [field, str(value.event) ?? str(value.alert_type) ?? str(value.new_quality_score)].filter(Boolean).join(':')
  return [note({ ...change, account: change.waba }, at, 0, code, words(value) ?? field, severityOf(value))]
}

function templateChange(value: Obj): Extract<InboundEvent, { kind: 'template' }>['template'] | undefined {
  const remoteId = str(value.message_template_id)
  const name = str(value.message_template_name)
  const language = str(value.message_template_language)
  if (!remoteId || !name || !language) return undefined
  const category = str(value.new_category) ?? str(value.message_template_category)
  return {
    remoteId, name,
    language: languageOf(language),
    ...optional('status', statusOf(str(value.event))),
    ...optional('category', category === undefined ? undefined : categoryOf(category)),
    ...optional('reason', reasonOf(value)),
  }
}

/** The provider's words beat its code word; "NONE" means that there is no reason. */
function reasonOf(value: Obj): string | undefined {
  const rejection = objOr(value.rejection_info)
  const told = [str(rejection.reason), str(rejection.recommendation)].filter(Boolean).join(' ')
  const code = str(value.reason)
  return told || str(objOr(value.other_info).description) || (code === 'NONE' ? undefined : code)
}

function severityOf(value: Obj): 'info' | 'warning' | 'error' {
  const told = [value.event, value.alert_severity, value.new_quality_score].map(item => str(item) ?? '').join(' ').toUpperCase()
  if (/CRITICAL|DISABLED|VIOLATION|RESTRICT|BAN|DELETED|REMOVED/.test(told)) return 'error'
  return /WARNING|FLAGGED(?<!UNFLAGGED)|DOWNGRADE|RED|YELLOW/.test(told) ? 'warning' : 'info'
}

function words(value: Obj): string | undefined {
  const limits = [str(value.old_limit), str(value.current_limit)].filter(Boolean).join(' → ')
  return str(value.alert_description) ?? str(value.detail) ?? (limits || undefined) ?? str(objOr(value.violation_info).violation_type)
    ?? str(objOr(value.ban_info).waba_ban_state) ?? str(value.message_template_name) ?? str(value.display_phone_number)
}
