/**
 * Where app code called into this package: the first frame of the stack outside it. Errors about a declaration name this
 * place, and `defineApp` learns its own file from it, against which the app's relative paths are resolved.
 * Costs some microseconds; declarations are few.
 */
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CallSite {
  /** Absolute path. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * This package's folder, three levels above dist/define/call-site.js and src/define/call-site.ts. Both folders are its own
 * code: where source maps are on, a stack names src although dist runs.
 */
const packageDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const ownCode = [join(packageDir, 'src', sep), join(packageDir, 'dist', sep)]

export function callSite(): CallSite | undefined {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 20
  Error.captureStackTrace(holder, callSite)
  const stack = holder.stack ?? ''
  Error.stackTraceLimit = limit
  for (const line of stack.split('\n')) {
    const site = frameOf(line)
    if (site !== undefined && !isOwnCode(site.file)) return site
  }
  return undefined
}

/** `orders.app.ts:12:3`, relative to the current folder where it lies below it. */
export function placeOf(site: CallSite | undefined): string | undefined {
  return site === undefined ? undefined : `${shortPath(site.file)}:${site.line}:${site.column}`
}

/** A path as a person would type it: relative if it lies below the current folder, else absolute. */
export function shortPath(file: string): string {
  const path = relative(process.cwd(), file)
  return path === '' || path.startsWith('..') ? file : path
}

/** Reads `at f (file:///a/b.ts:1:2)`, `at /a/b.ts:1:2` and `at async C:\a\b.ts:1:2`. */
export function frameOf(line: string): CallSite | undefined {
  const match =
    /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?)(?:\?[^():]*)?:(\d+):(\d+)\)?\s*$/.exec(
      line,
    )
  if (match === null) return undefined
  const [, path = '', row, column] = match
  const file = path.startsWith('file://') ? fileURLToPath(path) : path
  return { file, line: Number(row), column: Number(column) }
}

/** Tests lie beside the code but are callers of it. */
function isOwnCode(file: string): boolean {
  return ownCode.some((dir) => file.startsWith(dir)) && !/\.(test|bench)\.ts$/.test(file)
}
