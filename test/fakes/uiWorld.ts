/** A small clinic in memory, shaped by the contract: what the screens show while they are tested without the server. */
import type { ActorView, ChannelType } from '../../server/http/contract/common.ts'
import type { ChannelCapabilities } from '../../server/http/contract/capabilities.ts'
import type { ChatRow, ChatState, MessageView, TimelineItem } from '../../server/http/contract/chats.ts'
import type { QuickReplyView } from '../../server/http/contract/desk.ts'
import type { AgentView, ChannelView, PauseReasonView, QueueView, SessionView } from '../../server/http/contract/session.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** A well-formed id that sorts by the number it is made of. */
export function ulidOf(n: number): string {
  let rest = n
  let text = ''
  while (text.length < 10) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return `01${'0'.repeat(14)}${text}`
}

export interface Person { view: SessionView['user']; password: string; mustChange: boolean; app: 'agent' | 'supervisor' }
export interface Chat { row: ChatRow; timeline: TimelineItem[]; windowHours: number | null; email: string | null; earlier: { days: number; queue: string; agent: string }[] }

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const part = (maxBytes: number, mimeTypes?: string[]) => ({ direction: 'both' as const, maxBytes, caption: true, ...(mimeTypes ? { mimeTypes } : {}) })
const capabilities = (type: ChannelType): ChannelCapabilities => ({
  link: type === 'widget' ? 'hosted' : 'webhook',
  parts: {
    text: { direction: 'both' }, image: part(5_000_000, ['image/jpeg', 'image/png', 'image/webp', 'image/gif']), video: part(16_000_000, ['video/mp4']),
    audio: part(16_000_000, ['audio/*']), document: part(20_000_000),
  },
  text: { max: 4096, unit: 'characters', formatting: type === 'whatsapp' ? 'whatsapp' : 'none' },
  replies: 'both', reactions: type === 'whatsapp' ? 'both' : 'receive', edits: 'none', deletes: 'none', receipts: ['delivered', 'read'], buttons: null, lists: null, templates: null,
  serviceWindow: type === 'widget' ? null : { hours: 24 }, canStartChats: 'never', groups: false, statusReplies: true, calls: 'none', typing: 'both', referrals: true,
  phoneBook: false, checkNumber: false, optIn: false, idempotentSend: true, rate: { perSecond: 50, perChat: { everyMs: 0, burst: 10 } },
})

export interface World {
  people: Person[]
  agents: AgentView[]
  queues: QueueView[]
  channels: ChannelView[]
  pauseReasons: PauseReasonView[]
  chats: Chat[]
  quickReplies: QuickReplyView[]
  newId: () => string
}

export function buildWorld(now: number): World {
  let count = 1000
  const newId = () => ulidOf((count += 1))
  const user = (name: string, role: 'agent' | 'supervisor', mustChange = false): Person => ({
    view: { id: newId(), username: name.split(' ')[0]!.toLowerCase().normalize('NFD').replace(/\p{M}/gu, ''), name, role, alsoAgent: false, avatarUrl: null },
    password: 'almendros2026', mustChange, app: role,
  })
  const names = ['Laura Gómez', 'Andrés Pardo', 'Yesenia Cárdenas', 'Julián Torres', 'Paola Nieto', 'Daniel Quintero', 'Samuel Barrios', 'Felipe Ospina']
  const people = [...names.map((name) => user(name, 'agent')), user('Ricardo Mejía', 'supervisor'), user('Nora Vélez', 'agent', true)]
  const queue = (name: string): QueueView => ({ id: newId(), name, slug: name.toLowerCase().replaceAll(' ', '-'), avatarUrl: null })
  const queues = ['Resultados de laboratorio', 'Citas médicas', 'Facturación', 'Autorizaciones', 'Quejas y reclamos'].map(queue)
  const [lab, visits, billing, permits] = queues as [QueueView, QueueView, QueueView, QueueView]
  const reason = (name: string, maxMinutes: number | null, productive = false): PauseReasonView => ({ id: newId(), code: name.toLowerCase(), name, productive, maxMinutes })
  const pauseReasons = [reason('Almuerzo', 30), reason('Pausa activa', 10), reason('Capacitación', 60, true), reason('Reunión', null, true)]
  const channel = (name: string, type: ChannelType, address: string | null, status: ChannelView['status'] = 'connected'): ChannelView => ({
    id: newId(), name, type, bridge: type === 'whatsapp' ? 'whatsapp-cloud' : type, address, status, statusCode: null, statusSince: now - 3 * hour, avatarUrl: null,
    destination: { type: 'queue', id: visits.id }, capabilities: capabilities(type),
  })
  const channels = [
    channel('Línea Citas', 'whatsapp', '+57 601 555 0100'), channel('Línea Resultados', 'whatsapp', '+57 601 555 0101'),
    channel('Instagram', 'instagram', '@clinicalosalmendros'), channel('Página de Facebook', 'messenger', null), channel('Chat del sitio web', 'widget', 'losalmendros.example'),
  ]
  const [lineVisits, lineLab, instagram, facebook, web] = channels as [ChannelView, ChannelView, ChannelView, ChannelView, ChannelView]
  const [laura, andres] = people as [Person, Person]

  const agent = (index: number, more: Partial<AgentView>): AgentView => {
    const { view } = people[index]!
    return { id: view.id, name: view.name, username: view.username, avatarUrl: null, enabled: true, presence: 'online', since: now - hour, pause: null, wrapUpUntil: null, load: 4, capacity: 8, queueIds: queues.map((one) => one.id), ...more }
  }
  const pausedFor = (at: number, minutes: number) => ({ pause: { reasonId: pauseReasons[at]!.id, reason: pauseReasons[at]!.name, since: now - minutes * minute, maxMinutes: pauseReasons[at]!.maxMinutes } })
  const agents = [
    agent(0, { load: 8, capacity: 10, since: now - 72 * minute - 5000, queueIds: [lab.id, visits.id, billing.id] }), agent(1, { load: 6, capacity: 6, since: now - 19 * minute, queueIds: [visits.id, lab.id] }),
    agent(2, { load: 7, since: now - 58 * minute, queueIds: [visits.id, permits.id] }), agent(3, { load: 2, ...pausedFor(0, 31), queueIds: [lab.id] }), agent(4, { load: 3, ...pausedFor(2, 14), queueIds: [billing.id] }),
    agent(5, { load: 4, capacity: 6, ...pausedFor(1, 3), queueIds: [visits.id] }), agent(6, { load: 6, since: now - 2 * hour - 4 * minute }), agent(7, { presence: 'offline', load: 2, since: now - 22 * minute }),
    { ...agent(9, { load: 0, presence: 'offline' }) },
  ]

  const customer = (name: string): ActorView => ({ kind: 'customer', id: null, name })
  const actor = (person: Person): ActorView => ({ kind: 'agent', id: person.view.id, name: person.view.name })
  const message = (chatId: string, at: number, more: Partial<MessageView>): MessageView => ({
    type: 'message', id: newId(), chatId, conversationId: null, clientId: null, direction: 'in', kind: 'text', visibility: 'public', author: customer(''), text: '', media: null, location: null,
    extra: null, quote: null, referral: null, reactions: [], status: null, failure: null, at, sentAt: null, deliveredAt: null, readAt: null, editedAt: null, deletedAt: null, late: false, ...more,
  })

  const chats: Chat[] = []
  function chat(title: string, on: ChannelView, at: QueueView | null, state: ChatState, agentOf: Person | null, waitedSeconds: number | null, text: string, more: Partial<ChatRow> = {}): Chat {
    const id = newId()
    const since = waitedSeconds === null ? null : now - waitedSeconds * 1000
    const last = since ?? now - 40 * minute
    const fromAgent = state === 'FOLLOWUP' || state === 'RESOLVED'
    const row: ChatRow = {
      id, channelId: on.id, channelType: on.type, state, title, subtitle: on.type === 'whatsapp' ? `+57 310 555 0${100 + chats.length}` : null, avatarUrl: null,
      conversationId: state === 'RESOLVED' ? null : newId(), agentId: agentOf?.view.id ?? null, agentName: agentOf?.view.name ?? null, queueId: at?.id ?? null, queueName: at?.name ?? null,
      priority: 0, unread: 0, waitingSince: state === 'QUEUED' ? null : since, queuedAt: state === 'QUEUED' ? since : null, lastMessageAt: last, lastInboundAt: last,
      preview: { kind: 'text', author: fromAgent ? 'agent' : 'customer', text, status: fromAgent ? 'read' : null }, limited: false, ...more,
    }
    const timeline: TimelineItem[] = [message(id, last, fromAgent && agentOf
      ? { direction: 'out', author: actor(agentOf), text, status: 'read', sentAt: last, deliveredAt: last, readAt: last }
      : { author: customer(title), text: row.preview?.kind === 'text' ? text : '', kind: row.preview?.kind ?? 'text' })]
    const one: Chat = { row, timeline, windowHours: on.capabilities.serviceWindow?.hours ?? null, email: null, earlier: [] }
    chats.push(one)
    return one
  }

  chat('Hernán Pulido', lineLab, lab, 'PENDING', laura, 666, 'No me abre el archivo del resultado', { unread: 4 })
  chat('sofi.mendez', instagram, lab, 'PENDING', laura, 117, 'Respondió a su historia: «Jornada de vacunación»', { unread: 1 })
  const marta = chat('Marta Restrepo', lineVisits, visits, 'PENDING', laura, 252, '¿Y queda confirmado para mañana?', { unread: 1 })
  chat('Jorge Iván Salazar', lineVisits, visits, 'PENDING', laura, 151, '¿Puedo llevar a mi mamá el mismo día?', { unread: 2 })
  chat('Camila Ortiz Peña', facebook, visits, 'PENDING', laura, 48, 'Listo, entonces el jueves a las 3', { unread: 1 })
  chat('Visitante 7F3K', web, billing, 'PENDING', laura, 20, '¿Reciben la póliza de Seguros Andinos?', { unread: 1 })
  chat('Olga Lucía Henao', lineVisits, visits, 'FOLLOWUP', laura, null, 'Le confirmo en un momento')
  chat('Pedro Nel Arias', web, billing, 'FOLLOWUP', laura, null, 'Con gusto, ya le envío la factura')
  for (const [name, seconds] of [['Diana Marcela Ríos', 372], ['Óscar Iván Toro', 95], ['Beatriz Lemos', 31]] as const) chat(name, lineVisits, visits, 'QUEUED', null, seconds, 'Quiero pedir una cita', { preview: null, limited: true })
  chat('Luis Fernando Gil', lineLab, lab, 'RESOLVED', laura, null, 'Muchas gracias por escribirnos')
  chat('Gloria Inés Mesa', lineVisits, visits, 'PENDING', andres, 340, 'Necesito cambiar la fecha de mi cita')
  chat('Rubén Darío Cano', web, null, 'UNROUTED', null, 910, '¿Hay alguien?')
  chat('Adriana Zuluaga', lineVisits, null, 'MENU', null, null, '2', { preview: { kind: 'button_reply', author: 'customer', text: 'Agendar una cita', status: null } })

  const id = marta.row.id
  const at = (days: number, h: number, m: number) => new Date(now - days * day).setHours(h, m, 0, 0)
  const who = customer('Marta Restrepo')
  const today = (minutes: number) => now - 252_000 - minutes * minute
  const read = (when: number) => ({ status: 'read' as const, sentAt: when, deliveredAt: when, readAt: when })
  const bot: ActorView = { kind: 'menu', id: 'menu', name: 'Menú principal' }
  const event = (when: number, name: string, by: ActorView, data: Record<string, unknown>): TimelineItem => ({ type: 'event', id: newId(), chatId: id, at: when, event: name, actor: by, data })
  marta.timeline = [
    message(id, at(3, 16, 2), { author: who, text: 'Hola, vi el anuncio del chequeo ejecutivo. ¿Todavía tienen el 20 %?', referral: { kind: 'ad', title: 'Chequeo ejecutivo con 20 % de descuento', body: 'Laboratorio, electrocardiograma y consulta el mismo día.', url: 'https://example.com/anuncio' } }),
    message(id, at(3, 16, 2) + 1000, { author: bot, direction: 'out', kind: 'interactive', text: 'Hola, Marta. Le damos la bienvenida a la Clínica Los Almendros. ¿Qué necesita?', extra: { as: 'buttons', header: null, footer: 'Responde en cualquier momento', choices: [{ id: '1', title: 'Agendar una cita' }, { id: '2', title: 'Ver resultados' }, { id: '3', title: 'Hablar con un asesor' }] }, ...read(at(3, 16, 2)) }),
    message(id, at(3, 16, 3), { author: who, kind: 'button_reply', text: 'Agendar una cita', quote: { messageId: null, author: 'Menú principal', kind: 'interactive', text: '¿Qué necesita?' } }),
    event(at(3, 16, 4), 'assignment.started', actor(andres), { agentId: andres.view.id, agentName: andres.view.name, queueName: visits.name, waited: 72_000 }),
    message(id, at(3, 16, 5), { author: actor(andres), direction: 'out', text: 'Buenas tardes, Marta. Con gusto. ¿Me envía una foto de la orden médica, por favor?', ...read(at(3, 16, 6)) }),
    event(at(3, 16, 30), 'conversation.resolved', actor(andres), { closeKind: 'agent' }),
    message(id, today(20), { author: who, kind: 'image', text: 'Esta es la orden del doctor Arango', media: { id: 'photo', mime: 'image/png', size: 84_000, name: 'orden.png', width: 640, height: 420, durationMs: null, state: 'ready', thumb: true } }),
    event(today(15), 'assignment.started', actor(laura), { agentId: laura.view.id, agentName: laura.view.name, queueName: visits.name }),
    message(id, today(13), { author: actor(laura), direction: 'out', text: 'Buenos días, Marta. Sí, el descuento va hasta el *30 de noviembre*.', quote: { messageId: null, author: 'Marta Restrepo', kind: 'text', text: '¿Todavía tienen el 20 %?' }, reactions: [{ by: 'Marta Restrepo', emoji: '👍', fromCustomer: true }], ...read(today(12)) }),
    message(id, today(12), { author: actor(laura), direction: 'out', kind: 'location', location: { latitude: 4.70422, longitude: -74.05391, name: 'Sede Norte, consultorio 402', address: 'Calle 127 # 19-45, Bogotá' }, status: 'delivered', sentAt: today(12), deliveredAt: today(12) }),
    message(id, today(8), { author: actor(laura), direction: 'out', kind: 'note', visibility: 'internal', text: '@Andrés Pardo la paciente es alérgica a la penicilina. Confirmar con enfermería antes del examen.' }),
    message(id, today(6), { author: actor(laura), direction: 'out', kind: 'document', text: '', media: { id: 'order', mime: 'application/pdf', size: 182_000, name: 'Preparación del examen.pdf', width: null, height: null, durationMs: null, state: 'ready', thumb: false }, status: 'sent', sentAt: today(6) }),
    message(id, today(5), { author: actor(laura), direction: 'out', text: 'Le separo mañana a las 9:40 a. m. con el doctor Arango. ¿Le queda bien?', status: 'failed', failure: { code: 'network', message: 'No se envió: WhatsApp no respondió.', help: '' } }),
    message(id, today(0), { author: who, text: '¿Y queda confirmado para mañana?' }),
  ]
  marta.email = 'marta.restrepo@correo.example'
  marta.earlier = [{ days: 3, queue: visits.name, agent: andres.view.name }, { days: 80, queue: visits.name, agent: laura.view.name }, { days: 250, queue: lab.name, agent: 'Yesenia Cárdenas' }]
  const quickReply = (shortcut: string, title: string, text: string): QuickReplyView => ({ id: newId(), shortcut, title, text, categoryId: null, scope: 'all', queueId: null, media: null, mine: false })
  const quickReplies = [
    quickReply('ayuno', 'Preparación en ayunas', 'Debe venir con ocho horas de ayuno.'), quickReply('documento', 'Pedir el documento', '¿Me confirma si su documento es {{contact.documentId}}?'),
    quickReply('saludo', 'Saludo', 'Buenos días, {{contact.name}}. ¿En qué le ayudo?'),
  ]
  return { people, agents, queues, channels, pauseReasons, chats, quickReplies, newId }
}
