#!/usr/bin/env node
/**
 * Makes one file of each package that is many small ones: a part of `npm run build`. Node takes half a millisecond for each module,
 * so a command that loads a thousand of them would begin half a second late, and so would every thread of an app.
 *
 *   dist/bundle.js   what the package's name stands for; everything outside of the package stays an import
 *   dist/*.js        what the compiler wrote, for programs that reach into a package of this workspace
 *
 * Only packages whose files need not know where they lie (no import.meta, no threads of their own). A bundle is made anew when the
 * compiler has written since. Tests do it as well before they begin (vitest.config.ts).
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = ['values', 'tables', 'sql', 'lake']

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundlePackages()

export default async function bundlePackages() {
  for (const name of packages) await bundlePackage(name)
}

async function bundlePackage(name) {
  const dist = fileURLToPath(new URL(`../packages/${name}/dist/`, import.meta.url))
  const mark = join(dist, '.bundled')
  const written = stateOf(dist)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === written) return
  const { build } = await import('rolldown')
  await build({
    input: join(dist, 'index.js'),
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    platform: 'node',
    output: { file: join(dist, 'bundle.js'), format: 'esm', codeSplitting: false, sourcemap: true },
    logLevel: 'warn',
  })
  writeFileSync(mark, written)
}

/** Names, sizes and times of what the compiler wrote. */
function stateOf(dist) {
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && name !== 'bundle.js')
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(dist, name))
      return `${name} ${size} ${mtimeMs}`
    })
    .join('\n')
}
