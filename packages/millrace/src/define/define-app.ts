/**
 * `defineApp`: an app is a name and a function that describes it. The description runs each time the app is built, with
 * the options and the environment of that build, so it must be synchronous and give the same app for the same inputs:
 * worker threads build it again and find their stage by name.
 */
import { dirname } from 'node:path'
import type { AppDefinition } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import type { App } from './app.ts'
import { AppBuilder } from './app-builder.ts'
import { AppOptions, type OptionDeclaration, type OptionsGiven } from './app-options.ts'
import { callSite } from './call-site.ts'
import { checkName, here, quoted } from './names.ts'

/** Recognises factories made by any copy of this package. */
const factoryMark = Symbol.for('millrace.app-factory')

export interface BuildInputs {
  /** Arguments as typed after `--`, or values by name. */
  readonly options?: OptionsGiven | undefined
  /** `process.env` unless given. */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
  /** Folder against which the app's relative paths are resolved; that of the app file unless given. */
  readonly dir?: string | undefined
}

export interface BuiltApp {
  readonly definition: AppDefinition
  readonly options: readonly OptionDeclaration[]
}

export interface AppFactory {
  readonly name: string
  /** Absolute path of the file that called defineApp; undefined if the platform hides it. */
  readonly file: string | undefined
  /** Runs the description. Errors: APP_*, OPTION_*. */
  build(inputs?: BuildInputs): BuiltApp
}

/**
 * ```ts
 * export default defineApp('orders', (app) => {
 *   const orders = app.stream('orders', { shards: 2 })
 *   const byId = app.table('Orders', { partitionKey: { orderId: 'number' } })
 *   app.source(ordersGenerator({ orders: app.option.integer('orders', { default: 15 }) }), { into: orders })
 *   app.function('save', { from: orders, batchSize: 500 }, (records) => byId.put(records))
 * })
 * ```
 */
export function defineApp(name: string, describe: (app: App) => void): AppFactory {
  checkName('an app', name)
  if (typeof describe !== 'function') {
    throw new MillraceError('APP_VALUE_INVALID', `The description of app "${name}" is ${quoted(describe)}.`, {
      ...here(),
      next: 'Write defineApp(name, (app) => { ... }).',
    })
  }
  const file = callSite()?.file
  const factory: AppFactory = {
    name,
    file,
    build(inputs = {}) {
      const dir = inputs.dir ?? (file === undefined ? process.cwd() : dirname(file))
      const options = new AppOptions(inputs.options ?? [], dir)
      const builder = new AppBuilder({ name, dir, options, env: inputs.env ?? process.env })
      const result: unknown = describe(builder)
      if (result instanceof Promise) {
        result.catch(() => {})
        throw new MillraceError('APP_CLOSED', `The description of app "${name}" is asynchronous.`, {
          next: 'Remove async and await from it; open things inside sources and functions instead.',
        })
      }
      options.finish()
      return { definition: builder.finish(), options: options.declared }
    },
  }
  return markFactory(factory)
}

/** Makes a factory one that loaders recognise. */
export function markFactory(factory: AppFactory): AppFactory {
  return Object.freeze(Object.assign(factory, { [factoryMark]: true }))
}

export function isAppFactory(value: unknown): value is AppFactory {
  return typeof value === 'object' && value !== null && factoryMark in value
}
