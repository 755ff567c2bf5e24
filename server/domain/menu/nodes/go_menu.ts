import { nodeId, nodeSchema, outputs, reference } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'

const schema = nodeSchema('go_menu', outputs(), { menu: reference, node: nodeId.optional() })

/** Ends this run and starts another menu in the same conversation. */
export const goMenu = defineNode<NodeOf<typeof schema>>({
  type: 'go_menu',
  schema,
  editor: {
    group: 'logic', icon: 'arrow-right-left', label: { es: 'Ir a otro menú', en: 'Go to another menu' },
    help: { es: 'Termina este menú y empieza otro.', en: 'Ends this menu and starts another.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['error'],
  ends: [],
  references: { menus: ['menu'] },
  enter: (node, m) => {
    const found = m.env.catalog.menu(node.menu)
    const menu = found && m.env.library.version(found.menuId, found.version)
    if (!menu || (node.node !== undefined && !menu.nodes.has(node.node))) return m.fail('unknown_menu', node.menu)
    m.emit({ kind: 'goMenu', menuId: menu.menuId, version: menu.version, node: node.node ?? null, carried: m.run.counts.burst })
    return m.over('ended', 'go_menu')
  },
})
