/** What validation may say (§5.11): errors block publishing, warnings do not. The node is named before the message. */
type Say = (detail: string) => readonly [es: string, en: string]
interface Finding { readonly severity: 'error' | 'warning'; readonly say: Say }
const error = (say: Say): Finding => ({ severity: 'error', say })
const warning = (say: Say): Finding => ({ severity: 'warning', say })

export const findings = {
  schema: error((x) => [`El documento no tiene la forma debida: ${x}.`, `The document is not in the right form: ${x}.`]),
  duplicate_id: error((x) => [`Hay dos nodos con el identificador «${x}».`, `Two nodes have the id “${x}”.`]),
  missing_start: error((x) => [`Falta el nodo de inicio «${x}».`, `The start node “${x}” is missing.`]),
  unknown_target: error((x) => [`Lleva a «${x}», que no existe.`, `It leads to “${x}”, which does not exist.`]),
  template_syntax: error((x) => [`La plantilla tiene un error: ${x}.`, `The template has an error: ${x}.`]),
  expression_syntax: error((x) => [`La condición tiene un error: ${x}.`, `The condition has an error: ${x}.`]),
  bad_pattern: error((x) => [`La expresión regular no es válida: ${x}.`, `The regular expression is not valid: ${x}.`]),
  bad_path: error((x) => [`«${x}» no es una ruta como $.a.b[0].`, `“${x}” is not a path such as $.a.b[0].`]),
  bad_time: error((x) => [`«${x}» no es un horario como 08:00-18:00.`, `“${x}” is not a range of hours such as 08:00-18:00.`]),
  unknown_queue: error((x) => [`La cola «${x}» no existe.`, `There is no queue “${x}”.`]),
  unknown_agent: error((x) => [`El agente «${x}» no existe o está desactivado.`, `There is no agent “${x}”, or it is disabled.`]),
  unknown_menu: error((x) => [`El menú «${x}» no existe o no está publicado.`, `There is no menu “${x}”, or it is not published.`]),
  unknown_campaign: error((x) => [`La campaña «${x}» no existe.`, `There is no campaign “${x}”.`]),
  unknown_disposition: error((x) => [`La tipificación «${x}» no existe.`, `There is no disposition “${x}”.`]),
  unknown_form: error((x) => [`El formulario «${x}» no existe.`, `There is no form “${x}”.`]),
  unknown_mail_server: error((x) => [`El servidor de correo «${x}» no existe.`, `There is no mail server “${x}”.`]),
  unknown_provider: error((x) => [`El proveedor de inteligencia artificial «${x}» no existe.`, `There is no AI provider “${x}”.`]),
  unknown_secret: error((x) => [`El secreto «${x}» no existe.`, `There is no secret “${x}”.`]),
  unknown_calendar: error((x) => [`El calendario «${x}» no existe.`, `There is no calendar “${x}”.`]),
  unknown_file: error((x) => [`El archivo «${x}» no existe.`, `There is no file “${x}”.`]),
  unknown_country: error((x) => [`No hay festivos para «${x}».`, `There are no holidays for “${x}”.`]),
  unknown_timezone: error((x) => [`La zona horaria «${x}» no existe.`, `There is no timezone “${x}”.`]),
  reserved_name: error((x) => [`«${x}» es un nombre reservado; elija otro para la variable.`, `“${x}” is a reserved name; choose another for the variable.`]),
  duplicate_option: error((x) => [`Dos opciones responden a «${x}».`, `Two options answer to “${x}”.`]),
  end_options_missing: error(() => ['Se eligió terminar con opciones, pero no hay un nodo de opciones finales.', 'Ending with options was chosen, but there is no node of end options.']),
  subroutine_no_return: error((x) => [`La subrutina que empieza en «${x}» nunca vuelve.`, `The subroutine that begins at “${x}” never returns.`]),
  endless_cycle: error((x) => [`Este recorrido daría vueltas sin esperar al cliente: ${x}.`, `This path would turn for ever without waiting for the customer: ${x}.`]),
  unreachable: warning(() => ['Nada lleva a este nodo.', 'Nothing leads to this node.']),
  no_timeout: warning(() => ['Espera al cliente sin límite de tiempo.', 'It waits for the customer without a time limit.']),
  reminder_without_text: warning(() => ['Hay recordatorios, pero no tienen texto.', 'There are reminders, but they have no text.']),
  channel_buttons: warning((x) => [`No se puede mostrar como botones o lista: ${x}. Irá como texto numerado.`, `It cannot be shown as buttons or a list: ${x}. It will go as numbered text.`]),
  channel_text: warning((x) => [`El texto es demasiado largo: ${x}. Se partirá en varios mensajes.`, `The text is too long: ${x}. It will be split into several messages.`]),
  channel_media: warning((x) => [`No se puede enviar por este canal: ${x}.`, `It cannot be sent on this channel: ${x}.`]),
  text_number: warning((x) => [`Compara un texto con un número (${x}): nunca se cumple. Declare la variable como número.`, `It compares a text with a number (${x}): this is never true. Declare the variable as a number.`]),
  key_may_be_absent: warning((x) => [`La clave usa «${x}», que puede faltar; entonces no se espera.`, `The key uses “${x}”, which may be absent; nothing is waited for then.`]),
  unknown_variable: warning((x) => [`Nadie da valor a la variable «${x}».`, `Nothing sets the variable “${x}”.`]),
  form_field_missing: warning((x) => [`El formulario no tiene el campo «${x}».`, `The form has no field “${x}”.`]),
  http_without_error: warning(() => ['Falta la salida de error o la de tiempo agotado.', 'The output for errors or for timeouts is not wired.']),
  long_option_list: warning((x) => [`Tiene ${x} opciones; con más de 10 cuesta elegir y no caben en una lista.`, `It has ${x} options; more than 10 are hard to choose from and do not fit a list.`]),
} as const satisfies Record<string, Finding>

export type FindingCode = keyof typeof findings
