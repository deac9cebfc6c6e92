/** The code of a Lambda handler as an app names it: where it is, and what its processes get. */
import { statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { LambdaCode } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { shortPath } from './call-site.ts'
import type { MappingReferences } from './mapping-options.ts'
import { checkInteger, here, quoted } from './names.ts'

export interface LambdaCodeSettings {
  /** The folder of the code, or its file; relative to the app file. */
  readonly code: string | URL
  /** `file.export`, the file below the folder and without extension. Where `code` is a file: its export `handler` unless given. */
  readonly handler?: string
  /** MB, 128 to 10,240; default 128. A process that holds more is ended. */
  readonly memory?: number
  /** Seconds, 1 to 900; default 3. An invocation that takes longer is ended. */
  readonly timeout?: number
  readonly environment?: { readonly [name: string]: string }
  /** Invocations at the same time, 1 to 1,000; beyond it they are throttled. Default: no limit. */
  readonly reservedConcurrency?: number
}

export const lambdaCodeNames = [
  'code',
  'handler',
  'memory',
  'timeout',
  'environment',
  'reservedConcurrency',
] as const

/** The names of the settings are checked by the caller. */
export function checkLambdaCode(
  what: string,
  functionName: string,
  settings: Partial<LambdaCodeSettings>,
  references: MappingReferences,
  timeoutDefault = 3,
): LambdaCode {
  const timeout = { min: 1, max: 900, default: timeoutDefault }
  return {
    functionName,
    ...codePlace(what, settings, references),
    memoryMb: checkInteger(`memory of ${what}`, settings.memory, { min: 128, max: 10_240, default: 128 }),
    timeoutMs: 1000 * checkInteger(`timeout of ${what}`, settings.timeout, timeout),
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
}

function codePlace(
  what: string,
  { code, handler }: Partial<LambdaCodeSettings>,
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
