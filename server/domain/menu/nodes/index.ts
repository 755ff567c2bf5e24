/** All node types, in the order of the catalogue (§5.2). */
import type { NodeType } from '../nodeType.ts'
import { ask } from './ask.ts'
import { assistant } from './assistant.ts'
import { call } from './call.ts'
import { checkHoliday } from './check_holiday.ts'
import { checkTime } from './check_time.ts'
import { consent } from './consent.ts'
import { delay } from './delay.ts'
import { distribute } from './distribute.ts'
import { email } from './email.ts'
import { endOptions } from './end_options.ts'
import { form } from './form.ts'
import { goMenu } from './go_menu.ts'
import { http } from './http.ts'
import { invite } from './invite.ts'
import { location } from './location.ts'
import { log } from './log.ts'
import { media } from './media.ts'
import { menu } from './menu.ts'
import { message } from './message.ts'
import { notify } from './notify.ts'
import { record } from './record.ts'
import { resolve } from './resolve.ts'
import { set } from './set.ts'
import { setCampaign } from './set_campaign.ts'
import { setContact } from './set_contact.ts'
import { setDisposition } from './set_disposition.ts'
import { setTag } from './set_tag.ts'
import { switchNode } from './switch.ts'
import { waitEvent } from './wait_event.ts'

export const nodeTypes: readonly NodeType[] = [
  message, menu, ask, consent, switchNode, set, setContact, setTag, setCampaign, setDisposition, http, email, media, location, delay,
  checkTime, checkHoliday, distribute, invite, goMenu, call, endOptions, record, form, waitEvent, assistant, resolve, notify, log,
]

const byName: ReadonlyMap<string, NodeType> = new Map(nodeTypes.map((type) => [type.type, type]))
export const nodeType = (name: string): NodeType | undefined => byName.get(name)
