import { z } from 'zod'
import { nodeSchema, outputs, scope, text, variableName, variableType } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const plain = z.union([text, z.number(), z.boolean(), z.null()])
const schema = nodeSchema('set', outputs(), {
  values: z.record(variableName, z.union([plain, z.strictObject({ value: plain, type: variableType.optional() })])).default({}),
  unset: z.array(variableName).max(100).default([]),
  scope: scope.optional(),
})

export const set = defineNode<NodeOf<typeof schema>>({
  type: 'set',
  schema,
  editor: {
    group: 'data', icon: 'variable', label: { es: 'Variables', en: 'Variables' },
    help: { es: 'Da valor a variables o las borra.', en: 'Sets variables or clears them.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['values.*', 'values.*.value'],
  writes: ['values~'],
  enter: (node, m) => {
    let failed = false
    for (const [name, given] of Object.entries(node.values)) {
      const { value, type } = typeof given === 'object' && given !== null ? given : { value: given, type: undefined }
      if (m.assign(name, typeof value === 'string' ? m.text(value) : value, { type, scope: node.scope })) continue
      failed = true
      m.trace('warn', 'value does not convert', { variable: name })
    }
    for (const name of node.unset) m.unset(name, node.scope)
    return failed && node.on?.['error'] !== undefined ? m.fail('conversion') : m.go(node.next)
  },
})
