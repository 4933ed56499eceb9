import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const backend = process.env.FRONTLINE_BACKEND ?? 'http://localhost:8099'

export default defineConfig({
  root: here('.'),
  base: '/desk/',
  plugins: [
    vue(),
    components({
      dirs: [],
      resolvers: [ElementPlusResolver({ importStyle: 'css' })],
      dts: here('src/components.d.ts'),
    }),
  ],
  resolve: { alias: { '@shared': here('../shared'), '@': here('src') } },
  define: { __INTLIFY_JIT_COMPILATION__: true, __VUE_I18N_LEGACY_API__: false },
  build: { outDir: here('dist'), emptyOutDir: true, chunkSizeWarningLimit: 700 },
  server: { proxy: { '/api': backend, '/ws': { target: backend, ws: true } } },
})
