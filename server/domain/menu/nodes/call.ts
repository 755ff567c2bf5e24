/** Subroutine: goes on at another node, and with `next` when that branch ends. `with` is local to it; `return` brings values back. */
import { nodeId, nodeSchema, outputs, reference, values } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

export const deepestCall = 32

const schema = nodeSchema('call', outputs(), { node: nodeId, menu: reference.optional(), with: values.default({}), return: values.default({}) })
export type CallNode = NodeOf<typeof schema>

export const call = defineNode<CallNode>({
  type: 'call',
  schema,
  editor: {
    group: 'logic', icon: 'corner-down-right', label: { es: 'Subrutina', en: 'Subroutine' },
    help: { es: 'Recorre otra parte del menú y vuelve.', en: 'Runs another part of the menu and comes back.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  texts: ['with.*', 'return.*'],
  references: { menus: ['menu'] },
  writes: ['with~', 'return~'],
  enter: (node, m) => {
    if (m.run.frames.length >= deepestCall) return m.fail('call_depth')
    const found = node.menu === undefined ? { menuId: m.menu.menuId, version: m.menu.version } : m.env.catalog.menu(node.menu)
    const menu = found && m.env.library.version(found.menuId, found.version)
    if (!menu?.nodes.has(node.node)) return m.fail('unknown_menu', node.menu ?? node.node)
    const given = m.rendered(node.with)
    const before = m.run.variables
    const covered = Object.fromEntries(given.filter(([name]) => Object.hasOwn(before, name)).map(([name]) => [name, before[name]]))
    const fresh = given.map(([name]) => name).filter((name) => !Object.hasOwn(before, name))
    m.setFrames([...m.run.frames, { menuId: menu.menuId, version: menu.version, callNode: node.id, covered, fresh }])
    for (const [name, value] of given) m.assign(name, value, { scope: 'run' })
    return m.go(node.node)
  },
})
