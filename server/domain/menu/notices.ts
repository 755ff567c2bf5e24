/** What supervisors are told about a menu, in both languages. */
import type { NoticeCode } from './effects.ts'

type Said = { readonly es: string; readonly en: string }

export const notices: Readonly<Record<NoticeCode, (menu: string, node: string, detail: string) => Said>> = {
  custom: (_menu, _node, detail) => ({ es: detail, en: detail }),
  menu_error: (menu, node, detail) => ({
    es: `El menú «${menu}» falló en «${node}» (${detail}). El chat pasó a la cola de respaldo.`,
    en: `The menu “${menu}” failed at “${node}” (${detail}). The chat went to the fallback queue.`,
  }),
  step_limit: (menu, node) => ({
    es: `El menú «${menu}» dio demasiados pasos sin esperar al cliente, en «${node}». El chat pasó a la cola de respaldo.`,
    en: `The menu “${menu}” took too many steps without waiting for the customer, at “${node}”. The chat went to the fallback queue.`,
  }),
  unknown_campaign: (menu, node, detail) => ({
    es: `El menú «${menu}» nombra en «${node}» la campaña «${detail}», que no existe.`,
    en: `The menu “${menu}” names at “${node}” the campaign “${detail}”, which does not exist.`,
  }),
  unknown_disposition: (menu, node, detail) => ({
    es: `El menú «${menu}» nombra en «${node}» la tipificación «${detail}», que no existe.`,
    en: `The menu “${menu}” names at “${node}” the disposition “${detail}”, which does not exist.`,
  }),
  email_failed: (menu, node, detail) => ({
    es: `El menú «${menu}» no pudo enviar el correo de «${node}» (${detail}).`,
    en: `The menu “${menu}” could not send the e-mail of “${node}” (${detail}).`,
  }),
  media_failed: (menu, node, detail) => ({
    es: `El menú «${menu}» no pudo enviar el archivo de «${node}» (${detail}).`,
    en: `The menu “${menu}” could not send the file of “${node}” (${detail}).`,
  }),
  unknown_queue: (menu, node, detail) => ({
    es: `El menú «${menu}» reparte en «${node}» a «${detail}», que no existe. El chat pasó a la cola de respaldo.`,
    en: `The menu “${menu}” distributes at “${node}” to “${detail}”, which does not exist. The chat went to the fallback queue.`,
  }),
}
