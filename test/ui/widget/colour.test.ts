import { expect } from 'chai'
import { contrast, houseColour, palette, textOn } from '../../../ui/src/widget/colour.ts'

const surfaces = { light: '#ffffff', dark: '#151b20' } as const
const bubbleText = { light: '#14202a', dark: '#e9eef2' } as const
const companies = ['#f5a623', '#ffffff', '#000000', '#ff0000', '#00ff00', '#0000ff', '#ffff00', '#7f7f7f', '#e91e63', '#00bcd4', '#0a6479', '#1b2329', '#fefefe']

describe('a company\'s colour in the widget', () => {
  it('has the contrast of WCAG', () => {
    expect(contrast('#000000', '#ffffff')).to.equal(21)
    expect(contrast('#777777', '#ffffff')).to.be.closeTo(4.48, 0.01)
    expect(contrast('#ffffff', '#777777')).to.equal(contrast('#777777', '#ffffff'))
  })

  it('leaves the tokens as they are for the house colour', () => {
    expect(palette(houseColour, 'light')).to.deep.equal({})
  })

  it('is used as it is on light surfaces', () => {
    expect(palette('#f5a623', 'light').accent).to.equal('#f5a623')
  })

  for (const company of companies) {
    for (const theme of ['light', 'dark'] as const) {
      it(`can be read with ${company} in the ${theme} theme`, () => {
        const made = palette(company, theme)
        const pairs: readonly (readonly [string, string, string, number])[] = [
          ['text on the accent', made['on-accent']!, made.accent!, 4.5],
          ['links and options on the surface', made['accent-ink']!, surfaces[theme], 4.5],
          ['options under the pointer', made['accent-ink']!, made['accent-soft']!, 4.5],
          ['the visitor\'s words', bubbleText[theme], made['bubble-out']!, 4.5],
          ['their hour', made['bubble-out-meta']!, made['bubble-out']!, 4.5],
          ['the read tick', made['tick-read']!, made['bubble-out']!, 3],
          ['the focus ring', made.focus!, surfaces[theme], 3],
        ]
        for (const [what, one, other, wanted] of pairs) expect(contrast(one, other), `${what}: ${one} on ${other}`).to.be.at.least(wanted)
        for (const value of Object.values(made)) expect(value).to.match(/^#[0-9a-f]{6}$/)
      })
    }
  }

  it('puts white where it can be read and dark elsewhere', () => {
    expect(textOn('#0a6478')).to.equal('#ffffff')
    expect(textOn('#ffff00')).to.equal('#10181f')
    for (const company of companies) expect(contrast(textOn(company), company)).to.be.at.least(4.5)
  })
})
