/**
 * Program text to tree. Statements are separated by semicolons; after an error the parser goes on behind the next one,
 * so that every faulty statement is reported once. The tree then lacks the faulty statements.
 * Cost: linear in the text (windows, types and clauses look a constant number of tokens ahead).
 */
import { codes } from '../diagnostic/codes.ts'
import { type Diagnostic, DiagnosticList } from '../diagnostic/diagnostic.ts'
import { type DialectName, dialectOf } from './dialect.ts'
import { tokenize } from './lexer.ts'
import { textBytesMax } from './limits.ts'
import { QueryParser } from './parse-query.ts'
import { parseStatement } from './parse-statement.ts'
import { TokenCursor } from './token-cursor.ts'
import type { Statement, Tree } from './tree.ts'

export function parseProgram(text: string, dialect: DialectName): { tree: Tree; diagnostics: Diagnostic[] } {
  const diagnostics = new DiagnosticList()
  const tree = parseInto(diagnostics, text, dialect)
  return { tree, diagnostics: diagnostics.sorted() }
}

/** As `parseProgram`, with the list of diagnostics to add to. */
export function parseInto(diagnostics: DiagnosticList, text: string, dialectName: DialectName): Tree {
  const span = { start: 0, end: text.length }
  // A UTF-16 unit is at least one byte of UTF-8, so most texts need no encoding to be measured.
  if (text.length > textBytesMax || new TextEncoder().encode(text).length > textBytesMax) {
    const message = `the program is longer than ${textBytesMax / 1024} KB, and was not read. Split it into several programs.`
    diagnostics.report(codes.textTooLong, { start: 0, end: 0 }, message)
    return { statements: [], span }
  }
  const dialect = dialectOf(dialectName)
  const known = diagnostics.items.length
  const tokens = tokenize(text, dialect, diagnostics)
  const faults = diagnostics.items.slice(known)
  const cursor = new TokenCursor(text, tokens, dialect, diagnostics)
  const queries = new QueryParser(cursor)
  const statements: Statement[] = []
  while (cursor.peek().kind !== 'end') {
    if (cursor.acceptSign(';')) continue
    const statement = diagnostics.attempt(() => {
      const parsed = parseStatement(cursor, queries)
      if (cursor.peek().kind !== 'end' && !cursor.atSign(';')) cursor.failExpected(['";"'])
      return parsed
    })
    if (statement === undefined) recover(cursor)
    // A statement with a faulty token would only be found faulty once more.
    else if (
      !faults.some((fault) => fault.span.start < statement.span.end && fault.span.end > statement.span.start)
    )
      statements.push(statement)
  }
  return { statements, span }
}

/** Behind the next semicolon. The END of a statement set whose INSERT was faulty is no statement of its own. */
function recover(cursor: TokenCursor): void {
  cursor.recover()
  if (cursor.dialect.name === 'flink' && cursor.atWords('END') && cursor.atSign(';', 1)) cursor.next()
}
