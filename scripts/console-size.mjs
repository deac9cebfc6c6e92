#!/usr/bin/env node
/**
 * What a browser has to load of the console's page, compressed: `npm run console:size`. The first load is the page, its entry and the
 * pipeline page, each with all that it imports; every other page adds what was not loaded before.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../packages/console/page/dist/', import.meta.url))
const firstPage = 'src/pages/pipeline/pipeline-page.tsx'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { first, pages } = consoleSizes()
  const rows = [
    ['first load (entry and pipeline page)', first],
    ...pages.map(({ page, bytes }) => [`then ${page}`, bytes]),
  ]
  for (const [name, bytes] of rows) console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${name}`)
}

/**
 * Bytes as gzip packs them.
 * @returns {{ first: number, pages: { page: string, bytes: number }[] }} `pages`: what each lazy page adds to the first load.
 */
export function consoleSizes() {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  const loaded = new Set(['index.html', 'theme.js'])
  addFiles(manifest, 'index.html', loaded)
  addFiles(manifest, firstPage, loaded)
  const pages = Object.keys(manifest)
    .filter((source) => /^src\/pages\/.*-page\.tsx$/.test(source) && source !== firstPage)
    .map((source) => {
      const own = new Set()
      addFiles(manifest, source, own)
      for (const file of loaded) own.delete(file)
      return { page: source.replace(/^.*\/|\.tsx$/g, ''), bytes: packed(own) }
    })
  return { first: packed(loaded), pages }
}

/** Of a chunk and of what it imports at once; not of what it loads later. */
function addFiles(manifest, source, files) {
  const chunk = manifest[source]
  if (chunk === undefined) throw new Error(`the build of the console has no ${source}`)
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file)
  for (const each of chunk.imports ?? []) addFiles(manifest, each, files)
}

function packed(files) {
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0)
}
