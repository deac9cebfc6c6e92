/**
 * Finds the place in the user's own files that an error is about: where a parser stopped, or the first frame of the
 * stack that is neither Node's, nor a dependency's, nor this package's.
 */
import { fileURLToPath } from 'node:url'
import { type CallSite, frameOf } from '../define/call-site.ts'
import { messageOf } from '../error.ts'

export interface PlacedError {
  readonly message: string
  readonly site: CallSite | undefined
}

export function placeError(error: unknown): PlacedError {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return (
    parseFailure(`${messageOf(error)}\n${stack}`) ?? {
      message: firstLine(messageOf(error)),
      site: userFrame(stack),
    }
  )
}

/** jiti: `ParseError: Unexpected token, expected ","  \n /path/x.ts:4:0`. Node: `file:///path/x.ts:4`, the line, a mark. */
function parseFailure(text: string): PlacedError | undefined {
  const translated = /ParseError: ([^\n]*?)\s*\n\s*(\S[^\n]*?):(\d+):(\d+)/.exec(text)
  if (translated !== null) {
    const [, message = '', file = '', line, column] = translated
    // Columns of the parser begin at 0, those of editors at 1.
    return { message, site: { file, line: Number(line), column: Number(column) + 1 } }
  }
  const native = /^(file:\/\/\S+?|\/\S+?):(\d+)\n(?:.*\n)?( *)\^+\s*\n/m.exec(text)
  if (native === null) return undefined
  const [, path = '', line, indent = ''] = native
  const site = frameOf(`at ${path}:${line}:${indent.length + 1}`)
  return { message: /^(\w*Error: .*)$/m.exec(text)?.[1] ?? 'SyntaxError', site }
}

function userFrame(stack: string): CallSite | undefined {
  // The folder of this package and, in the workspace, of those below it.
  const own = fileURLToPath(new URL('../../..', import.meta.url))
  for (const line of stack.split('\n')) {
    const site = frameOf(line)
    if (site === undefined || /[\\/]node_modules[\\/]/.test(site.file)) continue
    if (!site.file.startsWith(own)) return site
  }
  return undefined
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
