/** Why a message failed or is uncertain, for the person who sent it. Codes are those of the bridges and of our own refusals. */
import { errorTexts } from './errorTexts.ts'

interface Said { readonly message: string; readonly help: string }
type Texts = Readonly<Record<'es' | 'en', Said>>
const text = (es: readonly [string, string], en: readonly [string, string]): Texts => ({
  es: { message: es[0], help: es[1] }, en: { message: en[0], help: en[1] },
})

const failures: Readonly<Record<string, Texts>> = {
  recipient_blocked: text(['El cliente bloqueó este número.', 'Use otro canal para contactarlo.'], ['The customer blocked this number.', 'Use another channel to reach them.']),
  opted_out: text(['El cliente pidió no recibir mensajes.', 'No le escriba por este canal hasta que él lo haga.'], ['The customer asked for no messages.', 'Do not write on this channel until they do.']),
  recipient_limited: text(['La red limita los mensajes a este cliente.', 'Inténtelo más tarde.'], ['The network limits messages to this customer.', 'Try again later.']),
  rate_limited: text(['La red pidió ir más despacio.', 'Inténtelo en unos minutos.'], ['The network asked to slow down.', 'Try again in a few minutes.']),
  template_invalid: text(['La plantilla o sus variables no son válidas.', 'Revise las variables.'], ['The template or its variables are not valid.', 'Check the variables.']),
  template_not_approved: text(['La plantilla no está aprobada.', 'Elija una plantilla aprobada.'], ['The template is not approved.', 'Choose an approved template.']),
  auth_failed: text(['El canal perdió su autorización.', 'Avise a un administrador para enlazarlo de nuevo.'], ['The channel lost its authorisation.', 'Ask an administrator to link it again.']),
  account_blocked: text(['La red bloqueó la cuenta del canal.', 'Avise a un administrador.'], ['The network blocked the channel\'s account.', 'Tell an administrator.']),
  payment_required: text(['La cuenta del canal tiene un pago pendiente.', 'Avise a un administrador.'], ['A payment is due on the channel\'s account.', 'Tell an administrator.']),
  network: text(['No se pudo llegar a la red.', 'Reenvíe el mensaje cuando la línea vuelva.'], ['The network could not be reached.', 'Send it again when the line is back.']),
  expired: text(['El mensaje esperó demasiado y no salió.', 'Reenvíelo si todavía hace falta.'], ['The message waited too long and did not go out.', 'Send it again if it is still needed.']),
  uncertain: text(['Puede que no haya llegado.', 'Compruebe con el cliente; después reenvíe o descarte.'], ['It may not have arrived.', 'Check with the customer, then resend or discard.']),
  provider_error: text(['La red no aceptó el mensaje.', 'Reenvíelo; si falla otra vez, avise a un administrador.'], ['The network did not accept the message.', 'Send it again; if it fails again, tell an administrator.']),
}

export function failureText(code: string, locale: 'es' | 'en'): Said {
  const own = failures[code]
  if (own) return own[locale]
  const known = (errorTexts as Readonly<Record<string, Texts>>)[code]
  return (known ?? (failures.provider_error as Texts))[locale]
}
