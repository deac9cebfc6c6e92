/**
 * What names mean inside one query: its sources in the order of FROM, each a run of columns of the row at hand.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList, Note } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import type { Identifier } from '../syntax/tree.ts'

export interface ScopeSource {
  /** The alias, or the name of the stream; undefined for a subquery without alias. */
  readonly name: string | undefined
  readonly fields: readonly Field[]
  /** Index of the first column in the row. */
  readonly offset: number
  /** What `name.ROWTIME` means; undefined for tables, where ROWTIME is an ordinary name. */
  readonly rowtime: Expr | undefined
  readonly span: Span
}

export interface Scope {
  readonly sources: readonly ScopeSource[]
  /** What ROWTIME without a source means; undefined where there is no row time. */
  readonly rowtime: Expr | undefined
  /** Columns that USING or NATURAL made one: by name, what the name means, and the right-hand index that `*` leaves out. */
  readonly merged: ReadonlyMap<string, { readonly expr: Expr; readonly hidden: number }>
}

export const rowtimeName = 'ROWTIME'

export function columnExpr(source: ScopeSource, index: number, span: Span): Expr {
  const field = source.fields[index]!
  return { kind: 'column', index: source.offset + index, type: field.type, nullable: field.nullable, span }
}

/** The expression that a name of one or two parts stands for. */
export function resolveName(
  scope: Scope,
  parts: readonly Identifier[],
  span: Span,
  diagnostics: DiagnosticList,
): Expr {
  const column = parts.at(-1)!
  if (parts.length > 2) {
    return diagnostics.fail(
      codes.notSupported,
      span,
      `fields of a row-valued column (${parts.map((part) => part.name).join('.')}) are not supported. Take the text apart with SUBSTRING or REGEX_REPLACE.`,
    )
  }
  if (parts.length === 2) return resolveQualified(scope, parts[0]!, column, diagnostics)
  if (column.name === rowtimeName && scope.rowtime !== undefined) return { ...scope.rowtime, span }
  const merged = scope.merged.get(column.name)
  if (merged !== undefined) return { ...merged.expr, span }
  const found = scope.sources.flatMap((source) => {
    const index = source.fields.findIndex((field) => field.name === column.name)
    return index < 0 ? [] : [{ source, index }]
  })
  if (found.length === 1) return columnExpr(found[0]!.source, found[0]!.index, span)
  if (found.length > 1) {
    const forms = found.map(({ source }) => `${source.name ?? '?'}.${quoteIfNeeded(column.name)}`)
    return diagnostics.fail(
      codes.ambiguousColumn,
      span,
      `"${column.name}" is a column of ${found.length} sources. Write ${forms.join(' or ')}.`,
    )
  }
  return failUnknown(scope.sources, column, diagnostics)
}

function resolveQualified(
  scope: Scope,
  qualifier: Identifier,
  column: Identifier,
  diagnostics: DiagnosticList,
): Expr {
  const source = findSource(scope, qualifier, diagnostics)
  const span = { start: qualifier.span.start, end: column.span.end }
  if (column.name === rowtimeName && source.rowtime !== undefined) return { ...source.rowtime, span }
  const index = source.fields.findIndex((field) => field.name === column.name)
  return index < 0 ? failUnknown([source], column, diagnostics) : columnExpr(source, index, span)
}

export function findSource(scope: Scope, qualifier: Identifier, diagnostics: DiagnosticList): ScopeSource {
  const found = scope.sources.filter((source) => source.name === qualifier.name)
  if (found.length === 1) return found[0]!
  const names = scope.sources.flatMap((source) => source.name ?? [])
  const notes: Note[] = scope.sources.map((source) => ({
    span: source.span,
    message: `this source is called ${source.name ?? '(nothing)'}`,
  }))
  if (found.length > 1) {
    return diagnostics.fail(
      codes.ambiguousColumn,
      qualifier.span,
      `two sources are called "${qualifier.name}". Give them different aliases with AS.`,
      notes,
    )
  }
  return diagnostics.fail(
    codes.unknownRelation,
    qualifier.span,
    `no source of this query is called "${qualifier.name}".${didYouMean(qualifier.name, names)} Allowed: ${names.join(', ') || 'none'}.`,
    notes,
  )
}

function failUnknown(
  sources: readonly ScopeSource[],
  column: Identifier,
  diagnostics: DiagnosticList,
): never {
  const names = sources.flatMap((source) => source.fields.map((field) => field.name))
  const otherCase = names.find(
    (name) => name !== column.name && name.toUpperCase() === column.name.toUpperCase(),
  )
  const where =
    sources.length === 1 ? `"${sources[0]!.name ?? 'the subquery'}" has no column` : 'no source has a column'
  const advice =
    otherCase === undefined
      ? didYouMean(column.name, names)
      : ` Did you mean "${otherCase}"? Names without quotes are read in upper case; write "${otherCase}" in double quotes.`
  const shown = names
    .slice(0, 20)
    .map((name) => `"${name}"`)
    .join(', ')
  const allowed = `Columns: ${shown === '' ? 'none' : shown}${names.length > 20 ? ', ...' : ''}.`
  return diagnostics.fail(codes.unknownColumn, column.span, `${where} "${column.name}".${advice} ${allowed}`)
}

function quoteIfNeeded(name: string): string {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
