/**
 * Log parsers (spec 2.15): row-valued calls. As an item of a select list such a call stands for its fields, which the row
 * carries as columns of their own under the item's name (scope.ts, `rowField`); f(x).COLUMN1 picks one at once. All arguments
 * but the line are constants.
 */
import { parseSqlType, type SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import { isText } from '../functions/index.ts'
import { fastFormat } from '../functions/log/fast-format.ts'
import { compileWhole, type LogFormat, logFormatNames, webLogPattern } from '../functions/log/log-format.ts'
import { PatternError } from '../functions/regex/tree.ts'
import type { Expr } from '../plan.ts'
import type { Expression, FunctionCall } from '../syntax/tree.ts'
import { bindExpression, type ExpressionScope } from './bind-expression.ts'
import { literal, textLiteral } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { castTo, makeCall } from './make-call.ts'

const forms: Readonly<Record<string, string>> = {
  REGEX_LOG_PARSE: "REGEX_LOG_PARSE(text, 'regular expression' [, 'names'])",
  FAST_REGEX_LOG_PARSE: "FAST_REGEX_LOG_PARSE(text, 'pattern')",
  FAST_REGEX_LOG_PARSER: "FAST_REGEX_LOG_PARSER(text, 'pattern')",
  W3C_LOG_PARSE: "W3C_LOG_PARSE(text, 'COMMON' or another format)",
  SYS_LOG_PARSE: 'SYS_LOG_PARSE(text)',
  VARIABLE_COLUMN_LOG_PARSE:
    "VARIABLE_COLUMN_LOG_PARSE(text, count or 'name TYPE type, ...', 'delimiter' [, 'escape' [, 'quote']])",
  FIXED_COLUMN_LOG_PARSE: "FIXED_COLUMN_LOG_PARSE(text, 'name TYPE type START position [FOR length], ...')",
}

const noGroup = 'the pattern has no group in parentheses, so there is nothing to pick out'

export interface LogField {
  readonly name: string
  readonly expr: Expr
}

export function isLogCall(expression: Expression): expression is FunctionCall {
  return expression.kind === 'call' && Object.hasOwn(forms, expression.name.name.toUpperCase())
}

/** f(x).NAME of a log parser. */
export function bindLogAccess(
  context: BinderContext,
  env: ExpressionScope,
  expression: Expression,
): Expr | undefined {
  if (expression.kind !== 'field' || !isLogCall(expression.operand)) return undefined
  const fields = bindLogFields(context, env, expression.operand)
  const found = fields.find(({ name }) => name === expression.name.name)
  if (found !== undefined) return found.expr
  return context.diagnostics.fail(
    codes.unknownColumn,
    expression.name.span,
    `the parsed row has no field "${expression.name.name}". It has ${fields.map(({ name }) => `"${name}"`).join(', ')}.`,
  )
}

interface ListedColumn {
  readonly name: string
  readonly type: SqlType | undefined
  readonly pattern: string | undefined
  readonly notNull: boolean
  readonly start: number | undefined
  readonly length: number | undefined
}

export function bindLogFields(context: BinderContext, env: ExpressionScope, call: FunctionCall): LogField[] {
  const name = call.name.name.toUpperCase()
  const refuse = (problem: string): never =>
    context.diagnostics.fail(codes.badArguments, call.span, `${problem}. Write ${forms[name]}.`)
  const args = typeof call.args === 'string' ? [] : call.args
  if (args.length === 0) refuse(`${name} needs the text to parse`)
  const line = castTo(context, bindExpression(context, env, args[0]!), { kind: 'VARCHAR', length: 65_535 })
  const constants = args.slice(1).map((arg) => {
    const folded = foldExpression(bindExpression(context, env, arg), context.functions.scalar)
    if (folded.kind === 'literal' && (typeof folded.value === 'string' || typeof folded.value === 'number'))
      return folded.value
    return refuse('all arguments but the text are constants')
  })
  const text = (i: number, what: string): string => {
    const value = constants[i]
    return typeof value === 'string' ? value : refuse(`${what} is a text in quotes`)
  }
  const listed = (list: string): ListedColumn[] => {
    const columns = columnList(list)
    return typeof columns === 'string' ? refuse(columns) : columns
  }
  const most = { SYS_LOG_PARSE: 0, REGEX_LOG_PARSE: 2, VARIABLE_COLUMN_LOG_PARSE: 4 }[name] ?? 1
  if (constants.length > most) refuse(`${name} takes at most ${most + 1} arguments`)
  const fields = (format: LogFormat, columns: readonly ListedColumn[]): LogField[] =>
    columns.map((column, i) => ({ name: column.name, expr: fieldOf(context, line, format, i, column) }))
  switch (name) {
    case 'SYS_LOG_PARSE': {
      const format: LogFormat = {
        kind: 'regex',
        pattern: '[A-Z][a-z][a-z]\\s+[0-9]+\\s+[0-9:]+\\s?(.*)',
        strict: false,
      }
      return [
        { name: 'COLUMN1', expr: makeCall(context, 'SYS_LOG_TIME', [line], call.span) },
        { name: 'COLUMN2', expr: fieldOf(context, line, format, 0, plainColumn('COLUMN2')) },
      ]
    }
    case 'VARIABLE_COLUMN_LOG_PARSE': {
      const [first] = constants
      const columns = typeof first === 'number' ? plainColumns(first) : listed(text(0, 'the list of columns'))
      if (columns.length === 0 || columns.length > 1000) refuse('the number of columns is 1 to 1000')
      const delimiter = text(1, 'the delimiter')
      if (delimiter === '') refuse('the delimiter has at least one character')
      const [escaping, quote] = [2, 3].map((i) => (constants[i] === undefined ? '' : text(i, 'this')))
      if ([...quote!].length > 2)
        refuse('the quote is one character, or one that begins and one that ends quoted text')
      return fields(
        { kind: 'split', delimiter, escape: escaping!, quote: quote!, columns: columns.length },
        columns,
      )
    }
    case 'FIXED_COLUMN_LOG_PARSE': {
      const columns = listed(text(0, 'the list of columns'))
      const starts = columns.map(({ name: column, start }) => start ?? refuse(`"${column}" has no START`))
      const lengths = columns.map(({ length }, i) => {
        if (length !== undefined) return length
        const next = starts.filter((start) => start > starts[i]!).sort((a, b) => a - b)[0]
        return next === undefined ? undefined : next - starts[i]!
      })
      return fields(
        { kind: 'fixed', columns: starts.map((start, i) => ({ start, length: lengths[i] })) },
        columns,
      )
    }
    default: {
      const written = text(0, 'the pattern')
      const isFast = name.startsWith('FAST')
      const fast = isFast ? fastFormat(written) : undefined
      if (typeof fast === 'string') return refuse(fast)
      if (fast !== undefined && 'kind' in fast) {
        if (fast.groups.length === 0) refuse(noGroup)
        return fields(fast, plainColumns(fast.groups.length))
      }
      const pattern = fast?.whole ?? (name === 'W3C_LOG_PARSE' ? webLogPattern(written) : written)
      const count = groupCount(pattern)
      if (typeof count === 'string') return refuse(count)
      if (count === 0)
        refuse(
          name === 'W3C_LOG_PARSE'
            ? `'${written}' is no format: allowed are ${logFormatNames.join(', ')}, or specifiers such as %h`
            : noGroup,
        )
      const columns = constants[1] === undefined ? plainColumns(count) : listed(text(1, 'the list of names'))
      if (columns.length !== count)
        refuse(`the pattern has ${count} groups, and there are ${columns.length} names`)
      return fields({ kind: 'regex', pattern, strict: isFast }, columns)
    }
  }
}

/** Groups of a pattern, or why it cannot be used. */
function groupCount(pattern: string): number | string {
  try {
    // A pattern that may be empty matches the empty text and so shows its groups.
    const match = compileWhole(`(?:${pattern})?`).exec('')
    return match === undefined ? 0 : match.length / 2 - 1
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}

function plainColumn(name: string): ListedColumn {
  return { name, type: undefined, pattern: undefined, notNull: false, start: undefined, length: undefined }
}

function plainColumns(count: number): ListedColumn[] {
  return Array.from({ length: Math.max(0, Math.min(count, 1001)) }, (_, i) => plainColumn(`COLUMN${i + 1}`))
}

function fieldOf(
  context: BinderContext,
  line: Expr,
  format: LogFormat,
  index: number,
  { name, type, pattern, notNull }: ListedColumn,
): Expr {
  const { span } = line
  const args = [line, textLiteral(JSON.stringify(format), span), literal(index, { kind: 'INTEGER' }, span)]
  const written = makeCall(context, 'LOG_FIELD', args, span)
  // A place in the line that is left blank holds no number or time, as in CSV records.
  const isPlace = format.kind === 'split' || format.kind === 'fixed'
  const field = isPlace && type !== undefined && !isText(type) ? unlessBlank(context, written) : written
  const reader = { DATE: 'CHAR_TO_DATE', TIME: 'CHAR_TO_TIME', TIMESTAMP: 'CHAR_TO_TIMESTAMP' }
  const timed =
    type?.kind === 'DATE' || type?.kind === 'TIME' || type?.kind === 'TIMESTAMP' ? type.kind : undefined
  const typed =
    type === undefined
      ? field
      : pattern !== undefined && timed !== undefined
        ? makeCall(context, reader[timed], [textLiteral(pattern, span), field], span)
        : castTo(context, field, type)
  if (!notNull) return typed
  return makeCall(context, 'LOG_REQUIRED', [typed, textLiteral(name, span)], span)
}

function unlessBlank(context: BinderContext, field: Expr): Expr {
  const { span } = field
  const trimmed = makeCall(context, 'TRIM', [textLiteral('BOTH', span), textLiteral(' ', span), field], span)
  return makeCall(context, 'NULLIF', [trimmed, textLiteral('', span)], span)
}

/** name [[TYPE] type ['format']] [NOT NULL] [START n] [FOR n], ...; or what is wrong with it. */
function columnList(list: string): ListedColumn[] | string {
  const columns: ListedColumn[] = []
  // A comma inside parentheses belongs to a type, one inside quotes to a format.
  for (const part of list.match(/(?:\([^)]*\)|'[^']*'|"[^"]*"|[^,('"])+/g) ?? []) {
    const form =
      /^\s*(?:"([^"]+)"|(\w+))(?:\s+(?:TYPE\s+|(?!START\s|NOT\s|FOR\s|TYPE\s))([A-Z]+(?:\s+(?:PRECISION|VARYING))?(?:\s*\([^)]*\))?))?(?:\s+'([^']*)')?(\s+NOT\s+NULL)?(?:\s+START\s+(\d+))?(?:\s+FOR\s+(\d+))?\s*$/i.exec(
        part,
      )
    if (form === null)
      return `'${part.trim()}' is no column: write name TYPE type, then NOT NULL, START and FOR where they are needed`
    const [, quoted, plain, type, pattern, notNull, start, length] = form
    let parsed: SqlType | undefined
    try {
      parsed = type === undefined ? undefined : parseSqlType(type.toUpperCase())
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    columns.push({
      name: quoted ?? plain!.toUpperCase(),
      type: parsed,
      pattern,
      notNull: notNull !== undefined,
      start: start === undefined ? undefined : Number(start),
      length: length === undefined ? undefined : Number(length),
    })
  }
  return columns
}
