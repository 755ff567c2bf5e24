import { z } from 'zod'
import { code, nodeSchema, outputs, target, values, when } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('switch', outputs(), {
  cases: z.array(z.strictObject({ id: code.optional(), when, to: target.optional(), set: values.optional() })).min(1).max(100),
  mode: z.literal('first').optional(),
})

/** The first true case wins, and only its `set` applies. A case that cannot be decided is false; if none can: `error`. */
export const switchNode = defineNode<NodeOf<typeof schema>>({
  type: 'switch',
  schema,
  editor: {
    group: 'logic', icon: 'split', label: { es: 'Condición', en: 'Condition' },
    help: { es: 'Sigue por el primer caso que se cumple.', en: 'Goes on with the first case that is true.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  targets: ['cases.*.to'],
  ends: ['next', 'cases.*.to'],
  texts: ['cases.*.set.*'],
  conditions: ['cases.*.when'],
  writes: ['cases.*.set~'],
  enter: (node, m) => {
    let failures = 0
    for (const one of node.cases) {
      const verdict = m.tryTest(one.when)
      if (verdict === null) failures++
      if (!verdict) continue
      m.assignAll(one.set)
      return m.go(one.to)
    }
    return failures === node.cases.length && node.on?.['error'] !== undefined ? m.fail('expression') : m.go(node.next)
  },
})
