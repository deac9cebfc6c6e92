/**
 * Diagnostics as text for people:
 *
 *   SQL2002 error orders.sql:3:14: no source has a column "PRICE". ...
 *       SELECT STREAM PRICE FROM "orders"
 *                     ^^^^^
 *     note orders.sql:1:1: ...
 *
 * Long lines are cut around the mark; tabs become one space, so that the mark stays below its text.
 */
import type { Span } from '../span.ts'
import type { SourceText } from '../syntax/source-text.ts'
import type { Diagnostic } from './diagnostic.ts'

const lineWidthMax = 120

export function renderDiagnostic(diagnostic: Diagnostic, source: SourceText): string {
  const parts = [
    `${diagnostic.code} ${diagnostic.severity} ${place(diagnostic.span, source)}: ${diagnostic.message}`,
    excerpt(diagnostic.span, source),
  ]
  for (const note of diagnostic.notes) {
    parts.push(`  note ${place(note.span, source)}: ${note.message}`, excerpt(note.span, source))
  }
  return parts.join('\n')
}

export function renderDiagnostics(diagnostics: readonly Diagnostic[], source: SourceText): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join('\n')
}

function place(span: Span, source: SourceText): string {
  const { line, column } = source.position(span.start)
  return `${source.fileName}:${line}:${column}`
}

function excerpt(span: Span, source: SourceText): string {
  const { line, column } = source.position(span.start)
  const whole = source.line(line).replaceAll('\t', ' ')
  const from = column > lineWidthMax - 20 ? column - 40 : 0
  const shown = whole.slice(from, from + lineWidthMax)
  const start = column - 1 - from
  const length = Math.max(1, Math.min(span.end - span.start, shown.length - start))
  return `    ${shown}\n    ${' '.repeat(start)}${'^'.repeat(length)}`
}
