import { expect } from 'chai'
import type { Json } from '../../../server/domain/menu/variables.ts'
import { validate } from '../../../server/domain/menu/validate.ts'
import { catalog, Chat, cloud, example, messenger, plain, sunday, tuesday } from './world.ts'

const channels = [{ id: 'a', name: 'Cloud', capabilities: cloud }, { id: 'b', name: 'Web', capabilities: plain }, { id: 'c', name: 'Messenger', capabilities: messenger }]

describe('The menus that come with Turno', () => {
  for (const name of ['clinica', 'tienda', 'internet'] as const) {
    it(`${name} validates without errors and without warnings`, () => {
      const { errors, warnings } = validate(example(name), { catalog, channels })
      expect(errors.map((one) => one.message.es)).to.deep.equal([])
      expect(warnings.filter((one) => one.code !== 'channel_buttons').map((one) => one.message.es)).to.deep.equal([])
    })
  }
})

describe('The clinic menu', () => {
  const citas = { node: 'buscar_cita', results: [{ status: 200, body: { cita: { fecha: '2026-12-01T15:30:00-05:00' }, paciente: { edad: 34 } } }] }
  const main = ['Clínica Los Almendros. ¿En qué le ayudamos?', '', '1️⃣ Mis citas', '2️⃣ Sedes y horarios', '3️⃣ Enviar una queja', '4️⃣ Preguntas de salud', '5️⃣ Confirmar un pago', '6️⃣ Hablar con un asesor'].join('\n')

  it('asks for permission, then finds an appointment, shows place and end options, and finishes', () => {
    const chat = new Chat(example('clinica'), { mocks: [citas] })
    expect(chat.say('hola')).to.deep.equal(['¿Nos autoriza a escribirle por este medio?\n\n1️⃣ Sí, autorizo\n2️⃣ No'])
    expect(chat.say('sí')).to.deep.equal([main])
    expect(chat.session.consent).to.deep.equal({ account: 'granted' })
    expect(chat.say('turno')).to.deep.equal(['Escriba su número de documento, tal como aparece en él.'])
    expect(chat.say('007')).to.deep.equal(['El documento lleva entre 5 y 12 letras o números.', 'Escriba su número de documento, tal como aparece en él.'])
    expect(chat.say('0012345')).to.deep.equal([
      'Su próxima cita es el 01/12/2026 15:30.', '📍 Calle 10 # 5-20, Cali (3.4516, -76.532)',
      '¿Algo más?\n\n1️⃣ Ver el menú otra vez\n2️⃣ Hablar con un asesor\n3️⃣ Terminar',
    ])
    const [call] = chat.of('call')
    expect(call?.request).to.deep.include({ method: 'GET', url: 'https://citas.losalmendros.example/api/citas', query: [['documento', '0012345']], auth: { type: 'bearer', secret: 'citas_token' } })
    expect(chat.say('3')).to.deep.equal(['Gracias por escribirnos.'])
    expect(chat.session).to.include({ state: 'RESOLVED', closeKind: 'menu' })
  })

  it('draws buttons and lists on a channel that has them', () => {
    const chat = new Chat(example('clinica'), { channel: cloud })
    chat.say('hola')
    expect(chat.last?.messages.map((one) => one.content)).to.deep.equal([{
      kind: 'buttons', body: '¿Nos autoriza a escribirle por este medio?', choices: [{ id: 'start:yes', title: 'Sí, autorizo' }, { id: 'start:no', title: 'No' }],
    }])
    chat.press('yes')
    expect(chat.last?.messages[0]?.content.kind).to.equal('list')
    expect(chat.press('info')).to.deep.equal(['Información general\n• Horario\n• Lista de precios\n• Sedes\n• Volver al menú anterior'])
    expect(chat.press('sedes')).to.deep.equal(['Elija la ciudad\n[Cali]\n[Palmira]\n[Volver]'])
    expect(chat.press('@back')[0]).to.contain('Información general')
    expect(chat.press('@back')[0]).to.contain('¿En qué le ayudamos?')
  })

  it('sends a minor to paediatrics first and to reception when nobody there takes it', () => {
    const chat = new Chat(example('clinica'), { mocks: [{ node: 'buscar_cita', results: [{ status: 200, body: { paciente: { edad: 9 } } }] }], consent: { account: 'granted' } })
    chat.say('hola')
    chat.say('1')
    chat.say('1098765')
    expect(chat.of('invite')).to.have.length(1)
    expect(chat.of('invite')[0]).to.deep.include({ agents: ['a_laura'], timeout: 30 })
    expect(chat.say('¿hay alguien?')).to.deep.equal([])
    chat.do({ agent: 'declines' })
    expect(chat.session).to.deep.include({ state: 'QUEUED', target: { type: 'queue', id: 'q_recepción' } })
    expect(chat.session.campaign).to.deep.equal({ campaignId: 'c_servicio', subcampaignId: null })
    expect(chat.do({ agent: 'joins', name: 'Rosa' })).to.deep.equal(['Buen día, Ana. Le atiende Rosa de recepción.'])
  })

  it('says that there is no appointment, and that the service does not answer', () => {
    const options = { consent: { account: 'granted' as const } }
    const missing = new Chat(example('clinica'), { ...options, mocks: [{ node: 'buscar_cita', results: [{ status: 404, body: '<html>no</html>' }] }] })
    missing.say('hola')
    missing.say('cita')
    expect(missing.say('12345')[0]).to.equal('No encontramos citas con el documento 12345.')
    const down = new Chat(example('clinica'), { ...options, mocks: [{ node: 'buscar_cita', results: [{ error: 'timeout' }] }] })
    down.say('hola')
    down.say('Mis citas')
    expect(down.say('12345')).to.deep.equal(['El servicio de citas no responde. Le paso con recepción.'])
    expect(down.state).to.equal('QUEUED')
  })

  it('keeps a complaint said in a voice note, sends the mail and tags the chat', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' }, mocks: [{ type: 'process', results: [{ text: 'Me atendieron muy tarde ayer.' }] }] })
    chat.say('hola')
    chat.say('3')
    expect(chat.do({ media: 'voice' })[0]).to.equal('Recibimos su queja. Respondemos en 5 días hábiles.')
    expect(chat.session.records).to.deep.equal([{ form: 'quejas', values: { documento: null, motivo: 'Me atendieron muy tarde ayer.', telefono: '+573001112233' } }])
    expect(chat.session.snapshot.chat.tags).to.deep.equal(['queja'])
    const mail = chat.of('call').find((call) => call.request.type === 'email')
    expect(mail?.request).to.deep.include({ to: ['calidad@losalmendros.example'], subject: 'Queja de Ana Pérez', text: 'Me atendieron muy tarde ayer.' })
  })

  it('talks through the assistant in bursts and hands over at a word', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' }, mocks: [{ type: 'assistant', results: [{ reply: 'Abrimos a las 7.' }] }] })
    chat.say('hola')
    expect(chat.say('4')).to.deep.equal(['Soy el asistente. ¿Qué desea saber?'])
    expect(chat.say('buenas')).to.deep.equal([])
    expect(chat.say('¿a qué hora abren?')).to.deep.equal([])
    expect(chat.wait(3)).to.deep.equal(['Abrimos a las 7.'])
    const [call] = chat.of('call')
    expect(call?.request.type === 'assistant' && call.request.turns.at(-1)).to.deep.equal({ role: 'user', text: 'buenas\n¿a qué hora abren?' })
    chat.say('quiero hablar con un ASESOR')
    expect(chat.state).to.equal('QUEUED')
  })

  it('waits for the payment by the key of the chat', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' } })
    chat.say('hola')
    chat.say('pagos')
    expect(chat.say('ya pagué')).to.deep.equal([])
    expect(chat.do({ event: { key: 'pago-chat', data: { valor: 'COP 80.000' } } })[0]).to.equal('Pago recibido por COP 80.000.')
  })

  it('tells of the holiday first', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' }, now: Date.UTC(2026, 11, 8, 15) })
    expect(chat.say('hola')).to.deep.equal(['Hoy es festivo: los asesores responden el próximo día hábil.', main])
  })

  it('reminds twice and closes after two minutes more (S11 in the whole)', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' } })
    chat.say('hola')
    expect(chat.wait(119)).to.deep.equal([])
    expect(chat.wait(1)).to.deep.equal(['¿Sigue ahí? Escriba el número de una opción.'])
    expect(chat.wait(60)).to.deep.equal(['¿Sigue ahí? Escriba el número de una opción.'])
    expect(chat.wait(60)).to.deep.equal(['Cerramos el chat por falta de respuesta. Escríbanos cuando quiera.'])
    expect(chat.session).to.include({ state: 'RESOLVED', closeKind: 'inactivity' })
  })

  it('sends the price list, waits two seconds, and adds a note (F023, F048)', () => {
    const chat = new Chat(example('clinica'), { consent: { account: 'granted' } })
    chat.say('hola')
    chat.say('2')
    expect(chat.say('2')).to.deep.equal(['📎 document: tarifas.pdf\nTarifas vigentes'])
    expect(chat.say('gracias')).to.deep.equal([])
    expect(chat.wait(2)[0]).to.equal('Los convenios tienen otro precio.')
  })
})

describe('The shop menu', () => {
  const order = (body: { readonly [key: string]: Json }) => ({ node: 'consulta_pedido', results: [{ status: 200, body: { pedido: body } }] })

  it('finds an order by its number and shows the tracking number', () => {
    const chat = new Chat(example('tienda'), { mocks: [order({ estado: 'enviado', total: 129900, guias: [{ numero: '000987' }] })] })
    expect(chat.say('buenas')[0]).to.equal('Hola, Ana. Esta es la Tienda Mar Azul.')
    expect(chat.say('mi pedidoo')).to.deep.equal(['Escriba el número de su pedido. Empieza por P y tiene 6 cifras, por ejemplo P004321.'])
    expect(chat.say('4321')[0]).to.equal('Ese número no tiene la forma P004321.')
    const shown = chat.say('p004321')
    expect(shown[0]).to.equal('Un momento, busco su pedido…')
    expect(shown[1]).to.equal('Su pedido P004321 va en camino. Número de guía: 000987. Total: $129.900.')
    expect(shown[2]).to.contain('¿Le ayudamos con algo más?')
    const [call] = chat.of('call')
    expect(call?.request).to.deep.include({ url: 'https://api.marazul.example/v1/pedidos/P004321', retries: 1 })
    expect(chat.say('terminar')).to.deep.equal(['Opción no válida.', shown[2]])
    expect(chat.say('No, gracias')).to.deep.equal(['¡Gracias por visitarnos! Que tenga un buen día.'])
    expect(chat.say('otra vez yo')[0]).to.equal('¡Qué bueno verle de nuevo, Ana!')
  })

  it('asks again for an unknown order, and asks whether a delivered one arrived', () => {
    const mocks = [{ node: 'consulta_pedido', results: [{ status: 404 }, { status: 200, body: { pedido: { estado: 'ENTREGADO', total: 1 } } }] }]
    const chat = new Chat(example('tienda'), { mocks })
    chat.say('hola')
    chat.say('1')
    expect(chat.say('P000001').at(-2)).to.equal('No encontramos el pedido P000001. Revise el número, por favor.')
    expect(chat.say('P000002').at(-1)).to.contain('¿Le llegó bien?')
    chat.say('No')
    expect(chat.session).to.deep.include({ state: 'QUEUED', target: { type: 'queue', id: 'q_ventas' } })
  })

  it('takes the special phrase from any state (S30)', () => {
    const chat = new Chat(example('tienda'))
    chat.say('hola')
    chat.say('1')
    expect(chat.say('pedido # 123')).to.deep.equal(['¡Recibimos su pedido! Un asesor lo confirma en un momento.'])
    expect(chat.session).to.deep.include({ state: 'QUEUED', target: { type: 'queue', id: 'q_ventas' } })
    expect(chat.run.state).to.equal('ended')
    expect(chat.events('menu.invalid')).to.have.length(0)
  })

  it('leaves to ventas by day and takes the data by form on a Sunday', () => {
    const weekday = new Chat(example('tienda'), { now: tuesday })
    weekday.say('hola')
    weekday.say('ventas')
    expect(weekday.state).to.equal('QUEUED')

    const chat = new Chat(example('tienda'), { now: sunday, channel: cloud })
    chat.say('hola')
    expect(chat.press('asesor')[0]).to.contain('¿A nombre de quién')
    chat.say('Ana María')
    expect(chat.say('12')[0]).to.equal('La respuesta no es válida.')
    expect(chat.say('300 111 2233')[0]).to.equal('¿Cuándo le queda mejor?\n[En la mañana]\n[En la tarde]')
    expect(chat.say('volver')[0]).to.equal('¿A qué número?')
    chat.say('300 111 2233')
    expect(chat.press('cuando.manana')[0]).to.contain('OMITIR')
    expect(chat.say('omitir')[0]).to.contain('Nombre: Ana María')
    expect(chat.say('sí')[0]).to.equal('Listo, Ana María. Le llamamos en la mañana al +57 300 1112233.')
    expect(chat.session.records).to.deep.equal([{ form: 'contacto', values: { nombre: 'Ana María', telefono: '300 111 2233', cuando: 'manana', comentario: null } }])
  })

  it('takes a sticker as an answer (F045) and a catalogue that cannot be fetched as its link', () => {
    const chat = new Chat(example('tienda'), { mocks: [{ type: 'media', results: [{ error: 'network' }] }] })
    expect(chat.do({ media: 'sticker' })[1]).to.contain('¿Qué necesita?')
    expect(chat.say('catalogo')[0]).to.contain('https://tienda.marazul.example')
    chat.say('1')
    chat.do({ media: 'sticker' })
    expect(chat.state).to.equal('QUEUED')
  })
})

describe('The internet provider menu', () => {
  const client = { node: 'busca_cliente', results: [{ status: 200, body: { nombre: 'Rosa', plan: { nombre: 'Hogar 300' }, saldo: 85000, zona: { falla: false } } }] }
  const turns = (...results: object[]) => ({ type: 'assistant' as const, results: results.map((reply) => ({ reply: JSON.stringify(reply) })) })

  it('identifies by subroutine, solves the case with the assistant, and classifies it', () => {
    const chat = new Chat(example('internet'), { mocks: [client, turns({ reply: 'Reinicie el módem.', resuelto: false, resumen: 'Sin luz' }, { reply: 'Perfecto.', resuelto: true, resumen: 'Reinicio' })] })
    chat.say('hola')
    chat.say('no tengo internet')
    expect(chat.say('1098765')).to.deep.equal(['Hola, Rosa. Soy el asistente técnico. ¿Qué luces tiene encendidas el módem?'])
    chat.say('ninguna')
    expect(chat.wait(2)).to.deep.equal(['Reinicie el módem.'])
    chat.say('ya sirve')
    expect(chat.wait(2)[0]).to.equal('¡Qué bueno que ya funciona, Rosa!')
    expect(chat.session.dispositionId).to.equal('d_bot')
    expect(chat.session.snapshot.contact.custom).to.deep.equal({ plan: 'Hogar 300' })
    expect(chat.session.snapshot.chat.tags).to.deep.equal(['falla'])
    const search = chat.of('call')[0]?.request
    expect(JSON.stringify(search)).to.not.contain('secrets')
    expect(search?.type === 'http' && search.body).to.deep.equal({ kind: 'json', value: { cedula: '1098765', origen: 'chat' } })
  })

  it('escalates: nobody free tells supervisors and queues to support', () => {
    const chat = new Chat(example('internet'), { mocks: [client, turns({ reply: 'No sé.', resuelto: false, resumen: 'Raro' })] })
    chat.say('hola')
    chat.say('1')
    chat.say('1098765')
    chat.say('quiero un técnico')
    expect(chat.state).to.equal('MENU')
    expect(chat.of('distribute')[0]).to.deep.include({ final: false, enqueue: false, priority: 1 })
    chat.do({ agent: 'unavailable' })
    expect(chat.of('notice')[0]?.text.es).to.equal('Rosa (1098765) necesita un técnico y no hay nadie: sin resumen')
    expect(chat.session).to.deep.include({ state: 'QUEUED', target: { type: 'queue', id: 'q_soporte' } })
  })

  it('shows the balance and waits for the payment, refusing an event without a value', () => {
    const chat = new Chat(example('internet'), { mocks: [client] })
    chat.say('hola')
    chat.say('saldo')
    expect(chat.say('1098765')[0]).to.equal('Rosa, su saldo es de $85.000. Le avisamos aquí en cuanto recibamos su pago.')
    expect(chat.do({ event: { key: 'pago-1098765', data: { valor: 85000 } } })[0]).to.equal('Recibimos su pago de $85.000. ¡Gracias!')
  })

  it('goes three levels down, sets the plan, and back up', () => {
    const chat = new Chat(example('internet'), { channel: cloud })
    chat.say('hola')
    chat.press('planes')
    expect(chat.press('hogar')).to.deep.equal(['Planes del hogar. Elija uno para ver el detalle.\n• 100 megas - $ 65.000 al mes\n• 300 megas - $ 85.000 al mes\n• 900 megas - $ 140.000 al mes\n• 1000 megas - $ 160.000 al mes\n• Volver'])
    expect(chat.press('p300')[0]).to.contain('El plan de 300 megas')
    expect(chat.say('0')[0]).to.contain('Planes del hogar')
    expect(chat.say('atrás')[0]).to.contain('Planes y cobertura')
    expect(chat.say('volver')[0]).to.contain('¿Con qué le ayudamos?')
  })
})
