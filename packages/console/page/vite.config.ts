/** Builds the page into page/dist, which the gateway serves under /console/. */
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const base = '/console/'

/** Not a module, so that it runs before the first paint; it stays as it is, beside what is bundled. */
const themeFirst: Plugin = {
  name: 'theme-first',
  transformIndexHtml: {
    order: 'post',
    handler: () => [{ tag: 'script', attrs: { src: `${base}theme.js` }, injectTo: 'head' }],
  },
}

const gateway = process.env.MILLRACE_URL ?? 'http://127.0.0.1:4567'

export default defineConfig({
  base,
  plugins: [react(), themeFirst],
  build: {
    // Styles in files of their own and nothing inline: the page's policy allows this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is loaded with what: scripts/console-size.mjs reads it.
    manifest: true,
    rolldownOptions: { checks: { pluginTimings: false } },
    target: 'es2022',
    // light-dark() as it is.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
  // With `npm run dev`: the page from here, what it asks from a gateway that runs.
  server: {
    // The gateway answers pages of its own only, so the proxy says that this is one.
    proxy: { '/admin': { target: gateway, changeOrigin: true, headers: { origin: gateway } } },
  },
})
