#!/usr/bin/env node
/**
 * Builds the page of the web console (packages/console/page) where its sources have changed since the last build: a part of
 * `npm run build`, so it has to cost nothing when there is nothing to do. `--force` builds in any case.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../packages/console/', import.meta.url))
const mark = join(folder, 'page/dist/.sources')
const sources = digestOf([
  join(folder, 'package.json'),
  ...['index.html', 'vite.config.ts'].map((name) => join(folder, 'page', name)),
  ...filesBelow(join(folder, 'page/public')),
  ...filesBelow(join(folder, 'page/src')),
  ...filesBelow(join(folder, 'src/protocol')),
])
const isBuilt = existsSync(mark) && readFileSync(mark, 'utf8') === sources
if (!isBuilt || process.argv.includes('--force')) {
  const { build } = await import('vite')
  const root = join(folder, 'page')
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(mark, sources)
}

function filesBelow(place) {
  if (!existsSync(place)) return []
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function digestOf(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}
