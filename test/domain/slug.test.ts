import { expect } from 'chai'
import { slugOf } from '../../server/domain/slug.ts'

describe('The slug of a name', () => {
  const table: [name: string, slug: string][] = [
    ['Ventas', 'ventas'],
    ['ventas ', 'ventas'],
    ['  Atención   al cliente ', 'atencion_al_cliente'],
    ['Citas médicas (mañana)', 'citas_medicas_manana'],
    ['Straße & Łódź', 'strasse_lodz'],
    ['24/7', '24_7'],
    ['ﬁn', 'fin'],
    ['销售', 'u9500u552e'],
    ['сало́н', 'u441u430u43bu43eu43d'],
    ['¡¿!?', ''],
    ['🚀 Ventas', 'ventas'],
  ]
  for (const [name, slug] of table) it(`makes “${slug}” of “${name}”`, () => expect(slugOf(name)).to.equal(slug))

  it('is cut where the column ends', () => expect(slugOf('a'.repeat(200), 40)).to.have.length(40))
})
