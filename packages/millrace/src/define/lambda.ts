/**
 * `app.lambda`: a Lambda handler as it would be deployed, with one event source mapping or several. Each mapping is a stage
 * with positions of its own; what they share is the function's name, its code and its reserved concurrency.
 */
import { statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { type FunctionStage, type LambdaCode, mappingDefaults } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { shortPath } from './call-site.ts'
import {
  type LambdaMapping,
  lambdaMapping,
  lambdaMappingNames,
  type TemplateMapping,
} from './lambda-mapping.ts'
import { defaultsFor, type MappingReferences } from './mapping-options.ts'
import { checkInteger, checkSettings, here, quoted } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

/** One event source of a function. */
export interface LambdaSource extends LambdaMapping {
  readonly from: StreamHandle
  /** The mapping as a template has it, in PascalCase, in place of the settings here. */
  readonly mapping?: TemplateMapping
}

export interface LambdaSettings extends LambdaMapping {
  /** The folder of the code, or its file; relative to the app file. */
  readonly code: string | URL
  /** `file.export`, the file below the folder and without extension. Where `code` is a file: its export `handler` unless given. */
  readonly handler?: string
  /** What the function reads. Either this, or `mappings`. */
  readonly from?: StreamHandle
  readonly mapping?: TemplateMapping
  /** Several event sources, each with settings of its own. `name` keeps its position; `FUNCTION-STREAM` unless given. */
  readonly mappings?: readonly (LambdaSource & { readonly name?: string })[]
  /** MB, 128 to 10,240; default 128. A process that holds more is ended. */
  readonly memory?: number
  /** Seconds, 1 to 900; default 3. An invocation that takes longer is ended. */
  readonly timeout?: number
  readonly environment?: { readonly [name: string]: string }
  /** Invocations at the same time, over all mappings, 1 to 1,000; beyond it they are throttled. Default: no limit. */
  readonly reservedConcurrency?: number
}

const functionNames = ['code', 'handler', 'memory', 'timeout', 'environment', 'reservedConcurrency']

/** The stages of a function, in the order of its mappings. `name` is checked. */
export function lambdaStages(
  name: string,
  settings: LambdaSettings,
  references: MappingReferences,
): FunctionStage[] {
  const what = `lambda "${name}"`
  checkSettings(what, settings, [...functionNames, 'from', 'mapping', 'mappings', ...lambdaMappingNames])
  const code: LambdaCode = {
    functionName: name,
    ...codePlace(what, settings, references),
    memoryMb: checkInteger(`memory of ${what}`, settings.memory, { min: 128, max: 10_240, default: 128 }),
    timeoutMs: 1000 * checkInteger(`timeout of ${what}`, settings.timeout, { min: 1, max: 900, default: 3 }),
    environment: environmentOf(what, settings.environment),
    reservedConcurrency:
      settings.reservedConcurrency === undefined
        ? undefined
        : checkInteger(`reservedConcurrency of ${what}`, settings.reservedConcurrency, {
            min: 1,
            max: 1000,
            default: 1,
          }),
  }
  const stage = (stageName: string, place: string, source: LambdaSource): FunctionStage => {
    const from = references.streamName(`from of ${place}`, source.from)
    const defaults = defaultsFor(from, references, mappingDefaults)
    return {
      kind: 'function',
      name: stageName,
      from,
      mapping: lambdaMapping(place, source, { template: source.mapping, references, defaults }),
      code: { form: 'lambda', lambda: code },
    }
  }
  const { mappings, from } = settings
  if (mappings === undefined) {
    if (from === undefined) {
      throw new MillraceError('APP_SETTING_MISSING', `${what} has no from.`, {
        ...here(),
        next: 'Name the stream that it reads: from: stream.',
      })
    }
    return [stage(name, what, { ...settings, from })]
  }
  checkSeveral(what, settings)
  return mappings.map((source, index) => {
    const place = `mapping ${index + 1} of ${what}`
    checkSettings(place, source, ['from', 'name', 'mapping', ...lambdaMappingNames])
    const stream = references.streamName(`from of ${place}`, source.from)
    return stage(source.name ?? `${name}-${stream.replaceAll('.', '-')}`, place, source)
  })
}

function checkSeveral(what: string, settings: LambdaSettings): void {
  const { mappings } = settings
  if (!Array.isArray(mappings) || mappings.length === 0) {
    throw new MillraceError('APP_VALUE_INVALID', `mappings of ${what} is ${quoted(mappings)}.`, {
      ...here(),
      next: 'Give a list: mappings: [{ from: stream, batchSize: 100 }, ...].',
    })
  }
  const beside = Object.keys(settings).find((key) => key !== 'mappings' && !functionNames.includes(key))
  if (beside === undefined) return
  throw new MillraceError('APP_VALUE_INVALID', `${what} has ${beside} beside mappings.`, {
    ...here(),
    next: 'Say it in each mapping.',
  })
}

function codePlace(
  what: string,
  { code, handler }: LambdaSettings,
  references: MappingReferences,
): Pick<LambdaCode, 'codeDir' | 'handler'> {
  const path = references.path(`code of ${what}`, code)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    throw new MillraceError(
      'APP_FILE_MISSING',
      `code of ${what}, ${shortPath(path)}, does not exist.`,
      here(),
    )
  }
  if (handler !== undefined && typeof handler !== 'string') {
    throw new MillraceError('APP_VALUE_INVALID', `handler of ${what} is ${quoted(handler)}.`, {
      ...here(),
      next: 'Write file.export, for example app.handler.',
    })
  }
  if (found.isDirectory()) {
    if (handler !== undefined) return { codeDir: path, handler }
    throw new MillraceError('APP_SETTING_MISSING', `${what} has no handler.`, {
      ...here(),
      next: "Write file.export, the file below the folder of the code: handler: 'app.handler'.",
    })
  }
  const module = basename(path).split('.', 1)[0]
  const named =
    handler === undefined ? `${module}.handler` : handler.includes('.') ? handler : `${module}.${handler}`
  return { codeDir: dirname(path), handler: named }
}

function environmentOf(what: string, value: unknown = {}): Record<string, string> {
  const place = `environment of ${what}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MillraceError('APP_VALUE_INVALID', `${place} is ${quoted(value)}.`, {
      ...here(),
      next: 'Give an object: environment: { TABLE: "orders" }.',
    })
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (typeof text === 'string') return [name, text]
      throw new MillraceError('APP_VALUE_INVALID', `${name} in ${place} is ${quoted(text)}.`, {
        ...here(),
        next: 'Allowed: texts.',
      })
    }),
  )
}
