/**
 * From an app file to the app as data. The command line does it once to check and start the app; each worker thread
 * does it again through `loadApp`, since functions cannot cross threads. What it takes (`AppSpec`) is plain data.
 * Errors: LOAD_NOT_FOUND, LOAD_FAILED, LOAD_NO_APP, and those of the description (APP_*, OPTION_*).
 */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AppDefinition } from '@millrace/runtime'
import type { OptionsGiven } from '../define/app-options.ts'
import { placeOf, shortPath } from '../define/call-site.ts'
import { type AppFactory, type BuiltApp, isAppFactory } from '../define/define-app.ts'
import { codeOf, isStableCode, MillraceError } from '../error.ts'
import { sqlApp } from '../sql-app/sql-app.ts'
import { placeError } from './error-place.ts'
import { importAppFile } from './import-app-file.ts'

export interface AppSpec {
  /** Absolute path. */
  readonly file: string
  readonly options: OptionsGiven
}

/** The module for worker threads; see AppLoader of the runtime. */
export const loaderModule = import.meta.url

/** Called in a worker thread, with what the main thread gave as spec. */
export async function loadApp(spec: unknown): Promise<AppDefinition> {
  // Sound: the only caller passes on what `loaderFor` made in this same version of the package.
  const { file, options } = spec as AppSpec
  return buildApp(await loadAppFile(file), options).definition
}

export function loaderFor(spec: AppSpec): { readonly module: string; readonly spec: AppSpec } {
  return { module: loaderModule, spec }
}

export async function loadAppFile(path: string): Promise<AppFactory> {
  const file = resolve(path)
  const place = shortPath(file)
  if (!existsSync(file)) throw new MillraceError('LOAD_NOT_FOUND', 'There is no such file.', { place })
  if (statSync(file).isDirectory())
    throw new MillraceError('LOAD_NOT_FOUND', 'This is a folder.', {
      place,
      next: 'Name an app file or a .sql file in it.',
    })
  if (file.endsWith('.sql')) return sqlApp(file)
  let module: unknown
  try {
    module = await importAppFile(file)
  } catch (error) {
    throw loadFailure(error, place)
  }
  const app = defaultExport(module)
  if (isAppFactory(app)) return app
  throw new MillraceError(
    'LOAD_NO_APP',
    app === undefined ? 'The file has no default export.' : 'The default export was not made by defineApp.',
    { place },
  )
}

/** Runs the description; an error of it that has no code of its own gets LOAD_FAILED and its place. */
export function buildApp(factory: AppFactory, options: OptionsGiven): BuiltApp {
  try {
    return factory.build({ options })
  } catch (error) {
    throw loadFailure(error, factory.file === undefined ? `app "${factory.name}"` : shortPath(factory.file))
  }
}

function loadFailure(error: unknown, file: string): unknown {
  if (isStableCode(codeOf(error))) return error
  const { message, site } = placeError(error)
  return new MillraceError('LOAD_FAILED', `The app could not be loaded: ${message}.`, {
    place: placeOf(site) ?? file,
    cause: error,
  })
}

function defaultExport(module: unknown): unknown {
  if (typeof module !== 'object' || module === null || !('default' in module)) return undefined
  const { default: value } = module
  // A CommonJS app file that was compiled from TypeScript: exports.default inside the namespace's default.
  if (typeof value === 'object' && value !== null && !isAppFactory(value) && 'default' in value)
    return value.default
  return value
}
