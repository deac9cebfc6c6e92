/**
 * Finds the place in the user's own files that an error is about: where a parser stopped, or the first frame of the
 * stack that is neither Node's, nor a dependency's, nor this package's.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CallSite, frameOf } from '../define/call-site.ts'
import { codeOf, messageOf } from '../error.ts'

export interface PlacedError {
  readonly message: string
  readonly site: CallSite | undefined
}

export function placeError(error: unknown): PlacedError {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return (
    missingModule(error) ??
    parseFailure(`${messageOf(error)}\n${stack}`) ?? {
      message: firstLine(messageOf(error)),
      site: userFrame(stack),
    }
  )
}

/**
 * An import that leads nowhere: the line of the importing file that names it, found by its text, since the stack has
 * either no place (Node) or one in translated code (jiti).
 */
function missingModule(error: unknown): PlacedError | undefined {
  if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(codeOf(error) ?? '')) return undefined
  const message = messageOf(error)
  const wanted = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1]
  const importer =
    /imported from (\S.*?)$/m.exec(message)?.[1] ?? /Require stack:\n- (.*)$/m.exec(message)?.[1]
  if (wanted === undefined || importer === undefined || !existsSync(importer)) return undefined
  const target = resolve(dirname(importer), wanted)
  const rows = readFileSync(importer, 'utf8').split('\n')
  for (const [row, text] of rows.entries()) {
    for (const match of text.matchAll(/(['"])([^'"]+)\1/g)) {
      const specifier = match[2] ?? ''
      if (specifier !== wanted && resolve(dirname(importer), specifier) !== target) continue
      const site = { file: importer, line: row + 1, column: match.index + 1 }
      return { message: `Cannot find module '${specifier}'`, site }
    }
  }
  return undefined
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
