import { expect } from 'chai'
import { catalogOf, libraryOf } from '../../../server/domain/menu/catalog.ts'
import { runScript, scriptSchema } from '../../../server/domain/menu/script.ts'
import { fromText } from '../../../server/domain/menu/yaml.ts'
import { example, lists, menuOf, plain, tuesday } from './world.ts'

const menu = menuOf(example('clinica'))
const world = { menu, library: libraryOf([menu]), catalog: catalogOf(lists), channel: plain }
const script = (text: string) => {
  const read = fromText(text)
  return scriptSchema.safeParse(read.ok ? read.document : null)
}

describe('A conversation from a file', () => {
  const good = `
now: 2026-11-24T10:00:00-05:00
consent: {account: granted}
contact: {firstName: Rosa}
mocks:
  - node: buscar_cita
    results: [{status: 200, body: {cita: {fecha: "2026-12-01T15:30:00-05:00"}, paciente: {edad: 30}}}]
steps:
  - {text: hola, contains: [Mis citas, asesor], state: MENU, at: principal}
  - {text: "1", at: pedir_documento}
  - text: "00777"
    contains: "Su próxima cita es el 01/12/2026 15:30."
    variables: {documento: "00777", edad: 30, falta: null}
  - {text: terminar, shows: ["Gracias por escribirnos."], state: RESOLVED}
`
  it('says of each step what it showed, and nothing failed', () => {
    const parsed = script(good)
    if (!parsed.success) throw parsed.error
    const { turns, session } = runScript(parsed.data, world, tuesday)
    expect(turns.map((turn) => turn.failures)).to.deep.equal([[], [], [], []])
    expect(session.closeKind).to.equal('menu')
  })
  it('says what did not come, and goes on', () => {
    const parsed = script(good.replace('state: RESOLVED', 'state: MENU').replace('at: principal', 'at: otro').replace('edad: 30, falta', 'edad: 31, falta').replace('Mis citas, asesor', 'Nada de esto'))
    if (!parsed.success) throw parsed.error
    const failures = runScript(parsed.data, world, tuesday).turns.flatMap((turn) => turn.failures)
    expect(failures).to.have.length(4)
    expect(failures[0]).to.contain('nothing contains "Nada de esto"')
    expect(failures.slice(1)).to.deep.equal(['at principal, not otro', 'variable edad is 30, not 31', 'state RESOLVED, not MENU'])
  })
  it('is refused where a step or an expectation is unknown', () => {
    for (const text of ['steps: [{dice: hola}]', 'steps: [{text: hola, muestra: x}]', 'steps: [{advance: -1}]', 'pasos: []', 'steps: []\nnow: ayer']) expect(script(text).success, text).to.equal(false)
  })
})
