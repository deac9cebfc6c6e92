/**
 * Handlers from a command line, for deliveries that clients make: NAME=FILE.EXPORT, or NAME=FILE for its export `handler`. NAME is
 * the last part of the LambdaArn that a client gives.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { LambdaCode } from '@millrace/runtime'
import { MillraceError } from '../error.ts'

/** What a function that transforms may take, as Firehose bounds it. */
const timeoutMs = 300_000
const memoryMb = 512

/** Error: USAGE. */
export function parseFunctions(texts: readonly string[]): LambdaCode[] {
  const found = texts.map(parseFunction)
  const names = found.map(({ functionName }) => functionName)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(texts[names.lastIndexOf(twice)]!, `${twice} is given twice`)
  return found
}

function parseFunction(text: string): LambdaCode {
  const [, functionName, place = ''] = /^([a-zA-Z0-9_-]{1,64})=(.+)$/.exec(text) ?? []
  if (functionName === undefined) throw wrong(text, 'it has no name, or no file')
  const path = resolve(place)
  const code = { functionName, memoryMb, timeoutMs, environment: {}, reservedConcurrency: undefined }
  const [module = ''] = basename(path).split('.', 1)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) {
    return { ...code, codeDir: dirname(path), handler: `${module}.handler` }
  }
  const handler = basename(path)
  const codeDir = dirname(path)
  if (!/^[^.]+\.[A-Za-z_$][\w$]*$/.test(handler)) throw wrong(text, `there is no file ${place}`)
  const isThere = existsSync(codeDir) && readdirSync(codeDir).some((file) => file.startsWith(`${module}.`))
  if (!isThere) throw wrong(text, `there is no file ${module} in the folder ${dirname(path)}`)
  return { ...code, codeDir, handler }
}

function wrong(text: string, reason: string): MillraceError {
  return new MillraceError('USAGE', `--function is ${JSON.stringify(text)}: ${reason}.`, {
    next: 'Write NAME=FILE.EXPORT, the file without its extension, like clean=./functions/clean.handler; or NAME=FILE, like clean=./clean.ts.',
  })
}
