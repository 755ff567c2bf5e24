/**
 * The visitor's side, in three builds because each lands at a fixed place: `--mode app` the iframe at /widget/, `--mode
 * loader` the one file /widget.js that sites embed, `--mode demo` a page of an invented clinic at /demo/.
 */
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type UserConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const target = ['es2023', 'chrome111', 'firefox115', 'safari16.4']
const defines = { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' }

const builds: Record<string, UserConfig> = {
  app: {
    root: here('src/widget'),
    base: '/widget/',
    plugins: [vue()],
    define: defines,
    build: { target, outDir: here('../dist/ui/widget'), emptyOutDir: true, modulePreload: { polyfill: false } },
  },
  loader: {
    root: here('src/widget/loader'),
    publicDir: false,
    build: {
      target, outDir: here('../dist/ui'), emptyOutDir: false,
      lib: { entry: here('src/widget/loader/loader.ts'), formats: ['iife'], name: 'turnoWidget', fileName: () => 'widget.js' },
    },
  },
  demo: {
    root: here('src/widget/demo'),
    base: '/demo/',
    build: { target, outDir: here('../dist/ui/demo'), emptyOutDir: true, modulePreload: { polyfill: false } },
  },
}

export default defineConfig(({ mode }) => {
  const build = builds[mode]
  if (!build) throw new Error(`--mode ${Object.keys(builds).join(', ')}; not ${mode}`)
  return build
})
