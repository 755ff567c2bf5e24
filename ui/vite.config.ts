/**
 * The agent's and the supervisor's pages: dist/ui/{agent,supervisor}/index.html, everything else under dist/ui/assets
 * with a hash in its name (may be cached for ever). `theme.js` and the icons are the only files without one.
 * Nothing is inlined into the pages: a content security policy without 'unsafe-inline' holds.
 */
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { baseCompile } from '@intlify/message-compiler'
import vue from '@vitejs/plugin-vue'
import tailwind from '@tailwindcss/vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** In development every address of an application answers with its page, as the server does. */
const singlePages: Plugin = {
  name: 'turno-single-pages',
  configureServer: (server) => {
    server.middlewares.use((request, _response, next) => {
      const app = /^\/(agent|supervisor)(\/[^.]*)?$/.exec(request.url?.split('?')[0] ?? '')?.[1]
      if (app) request.url = `/${app}/index.html`
      next()
    })
  },
}

/** Clears what this build wrote before, and only that: the widget's pages stand in the same folder. */
const cleared: Plugin = {
  name: 'turno-cleared',
  apply: 'build',
  buildStart: async () => {
    await Promise.all(['agent', 'supervisor', 'assets'].map((name) => rm(here(`../dist/ui/${name}`), { recursive: true, force: true })))
  },
}

/** Every text becomes a function at build time, so that the compiler of texts stays out of the browser. */
const compiledTexts: Plugin = {
  name: 'turno-texts',
  enforce: 'pre',
  transform: (code, id) => {
    if (!/\/locales\/\w+\/\w+\.json$/.test(id)) return null
    const write = (texts: unknown): string => {
      if (typeof texts === 'string') return /[{|@]/.test(texts) ? baseCompile(texts, { mode: 'arrow' }).code : `()=>${JSON.stringify(texts)}`
      return `{${Object.entries(texts as object).map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`
    }
    return { code: `export default ${write(JSON.parse(code))}`, map: null, moduleType: 'js' }
  },
}

const api = process.env['TURNO_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [vue(), tailwind(), singlePages, cleared, compiledTexts],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
  },
  server: {
    proxy: { '/app': api, '/socket': { target: api, ws: true } },
  },
  build: {
    outDir: here('../dist/ui'),
    emptyOutDir: false,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    rolldownOptions: { input: { agent: here('agent/index.html'), supervisor: here('supervisor/index.html') } },
  },
})
