/** A small company to look at: Clínica Andina, with its people, a second queue, pause reasons and a chat on its web site. */
import type { Actor, Role } from '../domain/permissions.ts'
import { createChannel } from './channels.ts'
import type { ChannelEditView } from './channelViews.ts'
import type { Core } from './core.ts'
import type { Installation } from './install.ts'
import { addMembers } from './memberships.ts'
import { createPauseReason } from './pauseReasons.ts'
import { createQueue } from './queues.ts'
import { createUser } from './users.ts'

/** What `install` is given. Nobody is made to change a password in a demonstration. */
export const demoInstallation = {
  companyName: 'Clínica Andina',
  locale: 'es',
  country: 'CO',
  admin: { username: 'admin', name: 'Administración', mustChangePassword: false },
  queue: { name: 'Recepción', description: 'Quien escribe por primera vez' },
} as const satisfies Installation

export interface DemoUser {
  readonly name: string
  readonly username: string
  readonly role: Role
  readonly password: string
}
export interface Demo {
  readonly users: readonly DemoUser[]
  readonly channel: ChannelEditView
}

const people: readonly [name: string, username: string, role: Role][] = [
  ['Laura Gómez', 'laura', 'agent'],
  ['Andrés Pardo', 'andres', 'agent'],
  ['Yesenia Cárdenas', 'yesenia', 'agent'],
  ['Rosa Molina', 'rosa', 'supervisor'],
]

/** After `install`, once. */
export async function fillDemo(core: Core, actor: Actor, receptionId: string): Promise<Demo> {
  const users: DemoUser[] = []
  const agentIds: string[] = []
  for (const [name, username, role] of people) {
    const { user, generatedPassword } = await createUser(core, actor, { name, username, role, mustChangePassword: false })
    users.push({ name, username, role, password: generatedPassword as string })
    if (role === 'agent') agentIds.push(user.id)
  }
  await addMembers(core, actor, { queueId: receptionId, agentIds })
  const appointments = await createQueue(core, actor, { name: 'Citas médicas', description: 'Agendar, mover y cancelar citas' })
  await addMembers(core, actor, { queueId: appointments.id, agentIds: agentIds.slice(0, 2) })
  await createPauseReason(core, actor, { name: 'Almuerzo', maxMinutes: 60 })
  await createPauseReason(core, actor, { name: 'Capacitación', productive: true })
  await createPauseReason(core, actor, { name: 'Pausa activa', maxMinutes: 10 })
  const channel = await createChannel(core, actor, {
    name: 'Sitio web',
    bridge: 'widget',
    destination: { type: 'queue', id: receptionId },
    settings: { name: 'Clínica Andina', subtitle: { es: 'Respondemos en unos minutos', en: 'We answer within minutes' } },
  })
  return { users, channel }
}
