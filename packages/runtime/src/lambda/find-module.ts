/**
 * Finds the file of a handler as AWS does: `src/app` is looked for as src/app, app.js, app.mjs, app.cjs; then, so that code
 * need not be built first, app.ts, app.mts and app.cts; then as a folder with a package.json or an index file; then as a
 * package of the code's node_modules. The host and the handler's process share it.
 */
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'

export const moduleExtensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/** Path of the module's file; undefined where there is none. */
export function findModule(codeDir: string, module: string): string | undefined {
  const path = resolve(codeDir, module)
  const file = ['', ...moduleExtensions].map((extension) => `${path}${extension}`).find(isFile)
  if (file !== undefined) return file
  const index = moduleExtensions.map((extension) => join(path, `index${extension}`)).find(isFile)
  try {
    // A folder with a package.json, or a package that the code depends on.
    const require = createRequire(join(codeDir, 'handler.js'))
    const found = require.resolve(existsSync(path) ? path : module)
    // Modules of Node itself have names, not paths.
    return isAbsolute(found) ? found : index
  } catch {
    return index
  }
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}
