import { svelte } from '@sveltejs/vite-plugin-svelte';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { chunksByPhase, preloadModules } from './src/cli/boot.ts';
import { serviceWorker } from './src/cli/precache.ts';

/** Vite's dev server injects styles and a web socket that the page's policy forbids; the build keeps the policy, and e2e tests the build. */
const relaxPolicyInDev: Plugin = {
  name: 'relax-policy-in-dev',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/i, ''),
};

const at = (path: string): string => join(import.meta.dirname, path);
const START = at('src/app/start.ts');

const address = { host: '127.0.0.1', port: Number(process.env.PORT ?? 5173), strictPort: false };

export default defineConfig({
  base: './',
  // No fallback to index.html: a missing shard must be a 404, not a page.
  appType: 'mpa',
  plugins: [
    svelte(),
    relaxPolicyInDev,
    preloadModules([START, at('src/lessons/addition/lesson.ts')]),
    serviceWorker(at('workers/sw.ts')),
  ],
  resolve: {
    alias: [
      // transformers.js asks for the WebGPU build (27 MB); the reference path is the CPU-only one (14 MB), and there must be one ORT copy.
      { find: 'onnxruntime-web/webgpu', replacement: 'onnxruntime-web/wasm' },
    ],
  },
  // Pre-bundling would move the modules away from the .wasm files they locate by URL, and make a second ORT copy.
  optimizeDeps: { exclude: ['onnxruntime-web', '@huggingface/transformers'] },
  worker: { format: 'es' },
  server: address,
  preview: address,
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: chunksByPhase({
            boot: at('src/app/main.ts'),
            text: at('src/ui/primitives/text.ts'),
            bench: START,
          }),
        },
      },
    },
  },
});
