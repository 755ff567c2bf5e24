import { expect } from 'chai'
import { cardsOf, choicesOf, dialable, formOf, orderOf } from '../../ui/src/shared/lib/extras.ts'
import { barCount, barsOf } from '../../ui/src/shared/lib/waveform.ts'

describe('what a message carries', () => {
  it('is read out of buttons and of lists alike', () => {
    expect(choicesOf({ as: 'buttons', header: 'H', footer: null, choices: [{ id: '1', title: 'Sí' }] })).to.deep.equal({ header: 'H', footer: '', opens: '', sections: [{ title: '', choices: [{ title: 'Sí', description: '' }] }] })
    expect(choicesOf({ as: 'list', button: 'Ver', sections: [{ title: 'A', choices: [{ id: 'x', title: 'Uno', description: 'd' }] }] })).to.deep.equal({ header: '', footer: '', opens: 'Ver', sections: [{ title: 'A', choices: [{ title: 'Uno', description: 'd' }] }] })
  })
  it('is nothing where it is malformed', () => {
    for (const extra of [null, {}, { choices: 'x' }, { sections: [null] }]) expect(choicesOf(extra)).to.equal(null)
    expect(cardsOf({ contacts: [null, 'x'] })).to.deep.equal([])
    expect(orderOf({ items: 3 })).to.deep.equal([])
    expect(formOf({ values: [1] })).to.deep.equal([])
  })
  it('holds nothing in a telephone link but digits and a plus', () => expect(dialable('+57 (300) 555-01"02')).to.equal('+573005550102'))
})

describe('the shape of a sound', () => {
  it('has its loudest part as the highest bar, and silence flat', () => {
    const bars = barsOf(Float32Array.from({ length: 400 }, (_, n) => (n < 200 ? 0.1 : 0.5)))
    expect(bars).to.have.length(barCount)
    expect(bars[0]).to.be.lessThan(bars.at(-1)!)
    expect(new Set(barsOf(new Float32Array(400))).size).to.equal(1)
  })
})
