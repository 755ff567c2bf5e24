#!/usr/bin/env -S node --import tsx
// The program from its source, without a build: node --import tsx bin/dev.js …
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Config, flush, handle, run, settings } from '@oclif/core'
import { pluginsFolder } from '../cli/pluginsFolder.ts'

// tsx is there already; oclif's own way of loading TypeScript would register it twice and fail.
settings.enableAutoTranspile = false
const root = fileURLToPath(new URL('../cli/', import.meta.url))
process.env.TURNO_DATA_DIR ??= pluginsFolder(process.argv, process.env)
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
pjson.oclif.commands = './commands'
// A root of its own, so that a manifest of the built program is not taken for that of the source.
const config = await Config.load({ root, pjson })
await run(process.argv.slice(2), config).then(() => flush(), handle)
