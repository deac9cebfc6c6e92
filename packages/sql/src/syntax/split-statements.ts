/**
 * A program's text cut into its statements at the semicolons outside strings, names, comments and statement sets. Text that
 * is faulty is cut all the same, so that a shell can submit what was typed and show the error.
 */
import { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { type DialectName, dialectOf } from './dialect.ts'
import { tokenize } from './lexer.ts'

/** The statements with their semicolons; what is only space or comment is left out. */
export function splitStatements(text: string, dialect: DialectName): string[] {
  const statements: string[] = []
  let from = 0
  let words: string[] = []
  const close = (end: number) => {
    if (words.length > 0) statements.push(text.slice(from, end).trim())
    from = end
    words = []
  }
  for (const token of tokenize(text, dialectOf(dialect), new DiagnosticList())) {
    if (token.kind === 'end') continue
    const written = text.slice(token.start, token.end)
    const inSet = words[0] === 'EXECUTE' || words[0] === 'BEGIN'
    if (written === ';' && (!inSet || words.at(-1) === 'END')) {
      if (words.length === 0) from = token.end
      else close(token.end)
    } else words.push(written.toUpperCase())
  }
  close(text.length)
  return statements
}
