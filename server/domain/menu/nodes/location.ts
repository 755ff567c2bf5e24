import { canSend } from '../../../../plugins/sdk/capabilities.ts'
import { nodeSchema, number, outputs, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('location', outputs(), { latitude: number, longitude: number, title: text.optional(), address: text.optional() })

function coordinate(text: string, most: number): number | null {
  const value = /^[+-]?\d{1,3}([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(',', '.')) : NaN
  return Math.abs(value) <= most ? value : null
}

/** A channel without locations gets a text with a map link. */
export const location = defineNode<NodeOf<typeof schema>>({
  type: 'location',
  schema,
  editor: {
    group: 'talk', icon: 'map-pin', label: { es: 'Ubicación', en: 'Location' },
    help: { es: 'Envía un lugar en el mapa.', en: 'Sends a place on the map.' },
  },
  interactive: false,
  pauses: false,
  outputs: [],
  texts: ['latitude', 'longitude', 'title', 'address'],
  enter: (node, m) => {
    const [latitude, longitude] = [coordinate(m.text(node.latitude), 90), coordinate(m.text(node.longitude), 180)]
    if (latitude === null || longitude === null) return m.fail('bad_location')
    const [name, address] = [m.text(node.title).trim(), m.text(node.address).trim()]
    if (canSend(m.env.channel, 'location')) {
      m.send({ kind: 'location', latitude, longitude, ...(name ? { name } : {}), ...(address ? { address } : {}) }, 'message')
    } else {
      m.sendText([name, address, `https://maps.google.com/?q=${latitude},${longitude}`].filter((line) => line !== '').join('\n'), 'message')
    }
    return m.go(node.next)
  },
})
