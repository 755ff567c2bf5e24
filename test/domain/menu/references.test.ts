import { expect } from 'chai'
import { missingFields, referencesIn } from '../../../server/domain/menu/references.ts'
import { versionsOf } from '../../../server/domain/menu/run.ts'
import { Bench, catalog, doc, example, menuOf } from './world.ts'

const documentOf = (raw: unknown) => menuOf(raw).document

describe('What a document names', () => {
  it('is listed by kind, each name once, secrets of templates too', () => {
    const named = referencesIn(documentOf(example('internet')))
    expect(named.queues).to.have.members(['tecnicos', 'retencion', 'ventas', 'soporte'])
    expect(named.secrets).to.deep.equal(['andino_token'])
    expect(named).to.deep.include({ providers: ['principal'], forms: ['bajas'], mailServers: ['principal'], dispositions: ['resuelto_bot'], campaigns: ['soporte'], menus: [], agents: [] })
  })
  it('holds the special phrases, and leaves out what is a template', () => {
    const raw = doc([{ id: 'start', type: 'distribute', queue: '{{ x }}' }], { specialPhrases: [{ pattern: 'x', queue: 'ventas', campaign: 'servicio' }] })
    expect(referencesIn(documentOf(raw))).to.deep.include({ queues: ['ventas'], campaigns: ['servicio'] })
  })
  it('tells the fields that publishing offers to add', () => {
    const raw = doc([
      { id: 'start', type: 'record', form: 'quejas', fields: { motivo: 'x', ciudad: 'y' }, next: 'f' },
      { id: 'f', type: 'form', form: 'quejas', questions: [{ name: 'edad', text: '?', type: 'integer' }, { name: 'ciudad', text: '?' }], next: 'g' },
      { id: 'g', type: 'record', form: 'nada', fields: { a: 'x' } },
    ])
    expect(missingFields(documentOf(raw), catalog)).to.deep.equal([{ form: 'quejas', code: 'ciudad', type: 'text' }, { form: 'quejas', code: 'edad', type: 'integer' }])
    expect(missingFields(documentOf(example('clinica')), catalog)).to.deep.equal([])
  })
  it('tells the documents a run stands on', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'call', node: 'b' }, { id: 'b', type: 'ask', text: '?' }]))
    bench.give({ kind: 'start' })
    expect(versionsOf(bench.run)).to.deep.equal([{ menuId: 'M', version: 1 }, { menuId: 'M', version: 1 }])
  })
})
