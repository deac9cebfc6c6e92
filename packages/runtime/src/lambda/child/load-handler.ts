/**
 * Loads a handler as AWS does. A .js file is an ES module where its nearest package.json says so.
 * TypeScript goes through jiti, which takes what bundlers take: imports without extension, enums, types that are not
 * marked as such.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findModule, isFile, moduleExtensions } from '../find-module.ts'
import { parseHandlerName } from '../handler-name.ts'
import type { NotLoadedHead, StartHead } from '../process-messages.ts'
import { errorAnswer } from './error-answer.ts'

export type LambdaHandler = (event: unknown, context: unknown, callback: unknown) => unknown

export type Loaded = { readonly handler: LambdaHandler } | { readonly failure: NotLoadedHead }

export async function loadHandler(start: StartHead): Promise<Loaded> {
  const name = parseHandlerName(start.handler)
  if (name === undefined)
    return missing('MalformedHandlerName', `'${start.handler}' is not a handler name`, [])
  const file = findModule(start.codeDir, name.module)
  if (file === undefined) {
    const places = moduleNames(start.codeDir, name.module)
    return missing('ImportModuleError', `Error: Cannot find module '${name.module}'`, places)
  }
  let exported: unknown
  try {
    exported = await importModule(file, start.cacheDir)
  } catch (error) {
    return { failure: { reason: 'failed', error: loadError(error), names: [] } }
  }
  const handler = name.path.reduce<unknown>((value, key) => member(value, key), exported)
  if (isHandler(handler)) return { handler }
  const what = handler === undefined ? 'is undefined or not exported' : 'is not a function'
  return missing('HandlerNotFound', `${start.handler} ${what}`, handlerNames(exported, name.module))
}

function isHandler(value: unknown): value is LambdaHandler {
  return typeof value === 'function'
}

function missing(type: string, message: string, names: readonly string[]): Loaded {
  return {
    failure: {
      reason: 'missing',
      error: { errorType: `Runtime.${type}`, errorMessage: message, stackTrace: [] },
      names,
    },
  }
}

/** AWS names syntax errors and missing modules in its own way; other errors keep their type. */
function loadError(thrown: unknown) {
  const answer = errorAnswer(thrown)
  if (thrown instanceof SyntaxError) {
    return {
      ...answer,
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: `SyntaxError: ${answer.errorMessage}`,
    }
  }
  const code = member(thrown, 'code')
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
    return {
      ...answer,
      errorType: 'Runtime.ImportModuleError',
      errorMessage: `Error: ${answer.errorMessage}`,
    }
  }
  return answer
}

async function importModule(file: string, cacheDir: string | undefined): Promise<unknown> {
  const extension = extname(file)
  if (/^\.[cm]?ts$/.test(extension)) {
    const { createJiti } = await import('jiti')
    const jiti = createJiti(pathToFileURL(file).href, { fsCache: cacheDir ?? false, interopDefault: false })
    return commonJsInside(await jiti.import(file))
  }
  const isModule = extension === '.mjs' || (extension === '.js' && isModuleFolder(dirname(file)))
  if (isModule) return import(pathToFileURL(file).href)
  const require = createRequire(file)
  try {
    return require(file)
  } catch (error) {
    // ES module syntax in a .js file without a word about it: Node can tell.
    const code = member(error, 'code')
    if (code === 'ERR_REQUIRE_ESM' || code === 'ERR_REQUIRE_ASYNC_MODULE')
      return import(pathToFileURL(file).href)
    throw error
  }
}

/** TypeScript with `export =` has its exports in the default. */
function commonJsInside(exported: unknown): unknown {
  const names = typeof exported === 'object' && exported !== null ? Object.keys(exported) : []
  const inside = member(exported, 'default')
  return names.length === 1 && typeof inside === 'object' && inside !== null ? inside : exported
}

function isModuleFolder(folder: string): boolean {
  if (basename(folder) === 'node_modules') return false
  const manifest = join(folder, 'package.json')
  if (isFile(manifest)) {
    try {
      return member(JSON.parse(readFileSync(manifest, 'utf8')), 'type') === 'module'
    } catch {
      return false
    }
  }
  const above = dirname(folder)
  return above !== folder && isModuleFolder(above)
}

function handlerNames(exported: unknown, module: string): string[] {
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null) return []
  return Object.keys(exported)
    .filter((key) => typeof member(exported, key) === 'function')
    .map((key) => `${module}.${key}`)
}

/** Modules beside the one that was looked for. A handler's file has no dot in its name but that of the extension. */
function moduleNames(codeDir: string, module: string): string[] {
  const folder = dirname(resolve(codeDir, module))
  if (!existsSync(folder)) return []
  const inside = dirname(module) === '.' ? '' : `${dirname(module)}/`
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        moduleExtensions.includes(extname(entry.name)) &&
        entry.name.split('.').length === 2,
    )
    .map((entry) => `${inside}${entry.name.slice(0, entry.name.indexOf('.'))}`)
    .slice(0, 20)
}

function member(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  // Any property may be asked of an object; the result is checked where it is used.
  return (value as Record<string, unknown>)[key]
}
