#!/usr/bin/env node
// The built program: `npm run build` makes dist/.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Turno needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
const [{ execute }, { pluginsFolder }] = await Promise.all([import('@oclif/core'), import('../dist/cli/pluginsFolder.js')])
process.env.TURNO_DATA_DIR ??= pluginsFolder(process.argv, process.env)
await execute({ dir: import.meta.url })
