import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  publicDir: false,
  resolve: { alias: { '@shared': here('../shared') } },
  build: {
    outDir: here('dist'),
    emptyOutDir: true,
    target: 'es2020',
    lib: {
      entry: here('src/main.ts'),
      formats: ['iife'],
      name: 'FrontlineWidget',
      fileName: () => 'widget.js',
    },
  },
})
