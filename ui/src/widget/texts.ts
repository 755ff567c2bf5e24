/** What the page says by itself; what the company says comes with the configuration. */
import { computed, ref } from 'vue'
import type { Language, Texts } from '../../../plugins/widget/frames.ts'

const es = {
  open: 'Abrir el chat', chat: 'Chat', minimise: 'Minimizar', options: 'Opciones', emoji: 'Emoji', attach: 'Adjuntar', send: 'Enviar', close: 'Cerrar',
  voice: 'Grabar una nota de voz', stopVoice: 'Enviar la nota de voz', cancelVoice: 'Descartar la nota de voz', recording: 'Grabando',
  noMicrophone: 'El navegador no permite usar el micrófono.', noLocation: 'El navegador no permite ver su ubicación.',
  file: 'Imagen o archivo', location: 'Mi ubicación', placeholder: 'Escriba su mensaje', messages: 'Mensajes',
  by: 'Con la tecnología de', you: 'Usted', menu: 'Asistente', agentOnline: 'En línea', joined: '{name} le atiende', typing: '{name} está escribiendo', someoneTyping: 'Están escribiendo',
  today: 'Hoy', yesterday: 'Ayer', sending: 'Enviando', waiting: 'Esperando la conexión', sent: 'Enviado', read: 'Leído', failed: 'No se envió',
  retry: 'Reintentar', discard: 'Descartar', reply: 'Responder', cancelReply: 'Quitar la cita', quoted: 'En respuesta a',
  offline: 'Sin conexión. Lo que escriba se enviará al volver.', connecting: 'Conectando…', slow: 'Va muy rápido. Lo enviamos en {seconds} s.',
  unavailable: 'Este mensaje no se puede mostrar aquí.', photo: 'Foto', video: 'Vídeo', audio: 'Audio', voiceNote: 'Nota de voz', document: 'Documento', place: 'Ubicación',
  openFile: 'Abrir {name}', download: 'Descargar {name}', play: 'Reproducir', pause: 'Pausa', seeMap: 'Ver en el mapa', newMessages: 'Mensajes nuevos',
  tooLarge: 'El archivo supera {size}.', wrongType: 'Ese tipo de archivo no se puede enviar.', tooLong: 'El mensaje es demasiado largo: sobran {count} caracteres.', drop: 'Suelte aquí sus archivos',
  startTitle: 'Antes de empezar', name: 'Nombre', email: 'Correo electrónico', phone: 'Teléfono', optional: 'opcional', accept: 'Acepto', start: 'Iniciar el chat',
  fieldRequired: 'Complete este campo.', emailWrong: 'Revise el correo.', phoneWrong: 'Revise el teléfono.', consentRequired: 'Debe aceptarlo para escribirnos.',
  refusedTitle: 'El chat no está disponible', tryAgain: 'Intentar de nuevo', loading: 'Cargando el chat',
  language: 'English', forget: 'Borrar de este dispositivo', forgetAsk: '¿Borrar la conversación de este dispositivo? Si vuelve a escribir, será una nueva.', forgetYes: 'Borrar', cancel: 'Cancelar',
  chooseOne: 'Opciones', unread: '{count} mensajes nuevos', hideTeaser: 'Ocultar el mensaje',
}
export type TextKey = keyof typeof es

const en: Record<TextKey, string> = {
  open: 'Open the chat', chat: 'Chat', minimise: 'Minimise', options: 'Options', emoji: 'Emoji', attach: 'Attach', send: 'Send', close: 'Close',
  voice: 'Record a voice note', stopVoice: 'Send the voice note', cancelVoice: 'Discard the voice note', recording: 'Recording',
  noMicrophone: 'The browser does not let us use the microphone.', noLocation: 'The browser does not let us see your location.',
  file: 'Picture or file', location: 'My location', placeholder: 'Write a message', messages: 'Messages',
  by: 'Powered by', you: 'You', menu: 'Assistant', agentOnline: 'Online', joined: '{name} is with you', typing: '{name} is typing', someoneTyping: 'Typing',
  today: 'Today', yesterday: 'Yesterday', sending: 'Sending', waiting: 'Waiting for the connection', sent: 'Sent', read: 'Read', failed: 'Not sent',
  retry: 'Try again', discard: 'Discard', reply: 'Reply', cancelReply: 'Remove the quote', quoted: 'In reply to',
  offline: 'You are offline. What you write will be sent when you are back.', connecting: 'Connecting…', slow: 'That was too fast. Sending in {seconds} s.',
  unavailable: 'This message cannot be shown here.', photo: 'Photo', video: 'Video', audio: 'Audio', voiceNote: 'Voice note', document: 'Document', place: 'Location',
  openFile: 'Open {name}', download: 'Download {name}', play: 'Play', pause: 'Pause', seeMap: 'See on the map', newMessages: 'New messages',
  tooLarge: 'The file is larger than {size}.', wrongType: 'That type of file cannot be sent.', tooLong: 'The message is too long by {count} characters.', drop: 'Drop your files here',
  startTitle: 'Before we start', name: 'Name', email: 'E-mail', phone: 'Phone', optional: 'optional', accept: 'I accept', start: 'Start the chat',
  fieldRequired: 'Fill in this field.', emailWrong: 'Check the e-mail.', phoneWrong: 'Check the phone.', consentRequired: 'Accept it to write to us.',
  refusedTitle: 'The chat is not available', tryAgain: 'Try again', loading: 'Loading the chat',
  language: 'Español', forget: 'Clear from this device', forgetAsk: 'Clear the conversation from this device? If you write again, it will be a new one.', forgetYes: 'Clear', cancel: 'Cancel',
  chooseOne: 'Options', unread: '{count} new messages', hideTeaser: 'Hide the message',
}

const all = { es, en }
export const language = ref<Language>('es')
const current = computed(() => all[language.value])

export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return current.value[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** The company's text in the visitor's language, or in the one it was written in. */
export const said = (texts: Texts): string => texts[language.value] || texts.es || texts.en

export const preferredLanguage = (asked: string | null, configured: 'auto' | Language): Language => {
  if (asked === 'es' || asked === 'en') return asked
  if (configured !== 'auto') return configured
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'es'
}

export const hour = (at: number): string => new Intl.DateTimeFormat(language.value, { hour: '2-digit', minute: '2-digit' }).format(at)

export function day(at: number, now: number): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  if (at >= midnight) return t('today')
  if (at >= midnight - 86_400_000) return t('yesterday')
  return new Intl.DateTimeFormat(language.value, { day: 'numeric', month: 'long' }).format(at)
}

export const fileSize = (bytes: number): string => (bytes < 1_000_000
  ? `${Math.max(1, Math.round(bytes / 1000))} kB`
  : `${new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(bytes / 1_000_000)} MB`)

export const length = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1000) % 60).padStart(2, '0')}`
