/**
 * Expressions of KDA SQL to Flink SQL (spec 1.3, 4). What both dialects compute alike stays; names become those of the
 * translated scope; casts, divisions and functions that answer differently are rewritten by their types. Functions with
 * plain syntax are in translate-function.ts.
 */
import type { SqlType } from '@millrace/values'
import type { CastExpression, Expression, NameExpression, Query, StepExpression } from '../syntax/tree.ts'
import {
  binary,
  call,
  cast,
  column,
  extract,
  flinkType,
  interval,
  nothing,
  number,
  typeName,
} from './build.ts'
import { type FlinkScope, rowtimeOf } from './flink-scope.ts'
import type { KdaType, KdaTypes } from './kda-types.ts'
import { periodCondition } from './period.ts'
import { isPositive, milliseconds, stepOfTime } from './time-expressions.ts'
import { type FunctionTools, translateCall } from './translate-function.ts'
import type { NoteList } from './translation-note.ts'
import { mapTree } from './tree-map.ts'

export interface ExpressionTools {
  readonly notes: NoteList
  readonly types: KdaTypes
  /** A query inside an expression. */
  subquery(query: Query): Query
  /** The output reads the session zone, which has to be UTC. */
  needsUtc(): void
}

export interface ExpressionEnv {
  readonly scope: FlinkScope
  /** Asked first at every part. */
  readonly replace?: (expression: Expression) => Expression | undefined
}

const numericKinds: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'DECIMAL',
  'REAL',
  'DOUBLE',
])
const integerKinds: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])
const textKinds: ReadonlySet<string> = new Set(['CHAR', 'VARCHAR'])

export class ExpressionTranslator implements FunctionTools {
  readonly tools: ExpressionTools
  readonly #env: ExpressionEnv

  constructor(tools: ExpressionTools, env: ExpressionEnv) {
    this.tools = tools
    this.#env = env
  }

  get notes(): NoteList {
    return this.tools.notes
  }

  typeOf(expression: Expression): KdaType | undefined {
    return this.tools.types.typeOf(this.#env.scope.types, expression)
  }

  needsUtc(): void {
    this.tools.needsUtc()
  }

  translate(expression: Expression): Expression {
    const replaced = this.#env.replace?.(expression)
    if (replaced !== undefined) return replaced
    switch (expression.kind) {
      case 'name':
        return this.#name(expression)
      case 'interval':
        return this.#interval(expression)
      case 'cast':
        return this.#cast(expression)
      case 'call':
        return this.exact(expression, translateCall(this, expression))
      case 'step':
        return this.#step(expression)
      case 'extract':
        return this.#extract(expression.unit, expression.operand)
      case 'substring':
        return this.#substring(expression)
      case 'round-to-unit': {
        const kept = { ...expression, operand: this.translate(expression.operand) }
        return kept
      }
      case 'binary': {
        this.#noteChar(expression)
        const made = {
          ...expression,
          left: this.translate(expression.left),
          right: this.translate(expression.right),
        }
        return this.exact(expression, made)
      }
      case 'temporal-difference':
        return this.notes.fail(
          expression.span,
          '(a - b) unit',
          'Flink has no values of intervals between two times.',
          'Use TSDIFF(b, a) in ms, or compare the times: a > b + INTERVAL ....',
        )
      case 'overlay':
        return this.#overlay(expression)
      case 'period':
        return periodCondition(this, expression)
      case 'subquery': {
        this.notes.differs(
          expression.span,
          'subquery over a reference table',
          'Flink keeps the answer up to date and may take rows back, where KDA SQL looks once for each row.',
          'Join the table with FOR SYSTEM_TIME AS OF, or accept a result that updates.',
        )
        return { ...expression, query: this.tools.subquery(expression.query) }
      }
      case 'in':
        if ('length' in expression.choices) break
        this.notes.differs(
          expression.span,
          'IN (SELECT ...)',
          'Flink keeps the answer up to date and may take rows back, where KDA SQL looks once for each row.',
          'Join the table with FOR SYSTEM_TIME AS OF, or accept a result that updates.',
        )
        return {
          ...expression,
          operand: this.translate(expression.operand),
          choices: this.tools.subquery(expression.choices),
        }
      default:
    }
    return mapTree(expression, (part) => (part === expression ? undefined : this.translate(part)))
  }

  /** The expression as a value of the target's type, where Flink would not make it one by itself. */
  assigned(expression: Expression, target: SqlType): Expression {
    if (expression.kind === 'null') return cast(nothing(), flinkType(target))
    const made = this.translate(expression)
    const from = this.typeOf(expression)?.type
    if (from === undefined) return made
    return this.#converted(made, from, target)
  }

  #converted(made: Expression, from: SqlType, target: SqlType): Expression {
    if (from.kind === 'NULL') return cast(made, flinkType(target))
    if (from.kind === 'DECIMAL' && target.kind === 'DECIMAL')
      return from.precision === target.precision && from.scale === target.scale
        ? made
        : cast(made, flinkType(target))
    if (target.kind === 'CHAR') return cast(made, flinkType(target))
    // Flink widens a DATE or TIME that an interval is added to.
    if (made.kind === 'binary' && (target.kind === 'DATE' || target.kind === 'TIME'))
      return cast(made, flinkType(target))
    if (from.kind === target.kind || (textKinds.has(from.kind) && textKinds.has(target.kind))) return made
    if (integerKinds.has(target.kind) && numericKinds.has(from.kind) && !integerKinds.has(from.kind))
      return cast(call('ROUND', [made, number(0)]), flinkType(target))
    return cast(made, flinkType(target))
  }

  #name(expression: NameExpression): Expression {
    const { scope } = this.#env
    const { parts } = expression
    const last = parts.at(-1)!.name
    const first = parts[0]!.name
    if (parts.length === 1) {
      if (last === 'ROWTIME' && scope.sources.some(({ isTable }) => !isTable))
        return scope.rowtime ?? this.#timeless(expression)
      return scope.merged.get(last) ?? column(last)
    }
    if (parts.length > 2)
      return this.notes.fail(
        expression.span,
        'row-valued column',
        'Flink has no function that makes this row.',
        'Take the text apart with REGEXP_EXTRACT or SPLIT_INDEX.',
      )
    const source = scope.sources.find(({ alias }) => alias === first)
    if (source === undefined)
      return this.notes.fail(
        expression.span,
        'row-valued column',
        'The log parsers of KDA SQL have no counterpart.',
        'Take the text apart with REGEXP_EXTRACT or SPLIT_INDEX, minding quotes.',
      )
    if (last === 'ROWTIME' && !source.isTable) return rowtimeOf(source) ?? this.#timeless(expression)
    return column(first, last)
  }

  #timeless(expression: Expression): never {
    return this.notes.fail(
      expression.span,
      'ROWTIME',
      'No time attribute of Flink reaches this place.',
      'Make the event time a column of the input table, with a watermark on it.',
    )
  }

  #interval(expression: Expression): Expression {
    const ms = this.tools.types.milliseconds(expression)
    return ms === undefined ? expression : interval(ms)
  }

  #cast(expression: CastExpression): Expression {
    const made = this.translate(expression.operand)
    const target = this.tools.types.resolve(expression.type)
    const from = this.typeOf(expression.operand)?.type
    if (from !== undefined && textKinds.has(from.kind) && !textKinds.has(target.kind))
      this.notes.differs(
        expression.span,
        'CAST of text',
        'A text that is none of the type ends the Flink job, where KDA SQL drops the row and reports it on error_stream; and Flink reads some texts that KDA SQL does not, such as a TIMESTAMP without its time.',
        'Use TRY_CAST, which gives NULL, and send those rows to a table of their own.',
      )
    if (from !== undefined && textKinds.has(target.kind) && target.kind !== 'NULL')
      return this.#toText(expression, made, from, target)
    if (target.kind === 'TIME')
      this.notes.differs(
        expression.span,
        'TIME',
        'A TIME of Flink has whole seconds, one of KDA SQL has ms.',
        'Keep a TIMESTAMP where the ms matter.',
      )
    if (from === undefined) return cast(made, flinkType(target))
    const converted = this.#converted(made, from, target)
    return converted === made ? cast(made, flinkType(target)) : converted
  }

  #toText(expression: CastExpression, made: Expression, from: SqlType, target: SqlType): Expression {
    const widths: Readonly<Record<string, number>> = {
      BOOLEAN: 5,
      TINYINT: 4,
      SMALLINT: 6,
      INTEGER: 11,
      BIGINT: 20,
      DATE: 10,
      TIMESTAMP: 23,
      DECIMAL: 20,
    }
    const length = 'length' in target ? target.length : 0
    if (from.kind === 'INTERVAL_DAY' || from.kind === 'INTERVAL_MONTH')
      this.notes.none(
        expression.span,
        'CAST of an interval to text',
        'Flink writes intervals in another form.',
        'Use TSDIFF, which gives ms.',
      )
    if (from.kind === 'REAL' || from.kind === 'DOUBLE')
      this.notes.differs(
        expression.span,
        'CAST of an approximate number to text',
        'The dialects write some numbers differently, such as very large and very small ones.',
        'Cast to DECIMAL first if the text matters.',
      )
    if (from.kind === 'TIMESTAMP' || from.kind === 'TIME')
      this.notes.differs(
        expression.span,
        'CAST of a time to text',
        'Flink always writes the ms of a TIMESTAMP(3), KDA SQL only where there are some.',
        'Use TIMESTAMP_TO_CHAR with a pattern in the KDA program, which becomes DATE_FORMAT.',
      )
    if (!textKinds.has(from.kind) && length < (widths[from.kind] ?? 24))
      this.notes.differs(
        expression.span,
        `CAST to ${target.kind}(${length})`,
        'A value that does not fit is cut by Flink, where KDA SQL drops the row.',
        'Make the type longer.',
      )
    return cast(made, flinkType(target))
  }

  /**
   * Flink keeps more digits than KDA SQL in quotients, products and averages of DECIMALs; the cast to the KDA type makes
   * them the same number.
   */
  exact(expression: Expression, made: Expression): Expression {
    const widens =
      (expression.kind === 'binary' && (expression.op === '/' || expression.op === '*')) ||
      (expression.kind === 'call' && ['AVG', 'SUM'].includes(expression.name.name.toUpperCase()))
    const type = widens ? this.typeOf(expression)?.type : undefined
    return type?.kind === 'DECIMAL' ? cast(made, flinkType(type)) : made
  }

  #noteChar({ op, left, right, span }: Extract<Expression, { kind: 'binary' }>): void {
    if (!['=', '<>', '<', '<=', '>', '>='].includes(op)) return
    if (![left, right].some((side) => this.typeOf(side)?.type.kind === 'CHAR')) return
    this.notes.differs(
      span,
      'comparison of CHAR values',
      'KDA SQL leaves blanks at the end out of account, Flink does not.',
      'Compare trimmed values.',
    )
  }

  /** STEP of a number, and of a time that is not the row time. */
  #step(expression: StepExpression): Expression {
    const operand = this.translate(expression.operand)
    const ms = this.tools.types.milliseconds(expression.size)
    if (ms === undefined) {
      const type = this.typeOf(expression.operand)?.type
      if (type !== undefined && numericKinds.has(type.kind))
        return binary('-', operand, call('MOD', [operand, this.translate(expression.size)]))
      return this.notes.fail(
        expression.span,
        'STEP by months or years',
        'Flink has no function that counts calendar steps from 1970.',
        'Use FLOOR(t TO MONTH) or FLOOR(t TO YEAR) if the step is one of them.',
      )
    }
    return stepOfTime(operand, ms) ?? this.#oddStep(expression)
  }

  #oddStep(expression: StepExpression): never {
    return this.notes.fail(
      expression.span,
      'STEP of a column',
      'Only steps of whole seconds that divide a day, and of whole days, can be written without a function of your own.',
      'Choose such a step, or register a function.',
    )
  }

  #extract(unit: string, of: Expression): Expression {
    const operand = this.translate(of)
    if (unit !== 'SECOND') return extract(unit, operand)
    const parts = binary('*', milliseconds(operand), number('0.001'))
    return cast(binary('+', extract('SECOND', operand), parts), typeName('DECIMAL', 5, 3))
  }

  /** Flink leaves the text alone where nothing is to be replaced, KDA SQL puts the other text in between. */
  #overlay(expression: Extract<Expression, { kind: 'overlay' }>): Expression {
    const [whole, middle, from] = [expression.operand, expression.placing, expression.from].map((part) =>
      this.translate(part),
    )
    if (!isPositive(expression.from))
      this.notes.differs(
        expression.span,
        'OVERLAY from a position below 1',
        'SUBSTRING of Flink, which stands for it, reads a position below 1 otherwise.',
        'Keep the position at 1 or above.',
      )
    const length =
      expression.length === undefined ? call('CHAR_LENGTH', [middle!]) : this.translate(expression.length)
    const sum = (a: Expression, op: '+' | '-', b: Expression): Expression =>
      a.kind === 'number' && b.kind === 'number'
        ? number(op === '+' ? Number(a.text) + Number(b.text) : Number(a.text) - Number(b.text))
        : binary(op, a, b)
    const head = call('SUBSTRING', [whole!, number(1), sum(from!, '-', number(1))])
    const tail = call('SUBSTRING', [whole!, sum(from!, '+', length)])
    return binary('||', binary('||', head, middle!), tail)
  }

  #substring(expression: Extract<Expression, { kind: 'substring' }>): Expression {
    if (expression.form === 'SIMILAR')
      return this.notes.fail(
        expression.span,
        'SUBSTRING(s SIMILAR p ESCAPE e)',
        'Flink has no patterns of SQL that mark a part.',
        'Use REGEXP_EXTRACT(s, regex, group).',
      )
    const operand = this.translate(expression.operand)
    const type = this.typeOf(expression.from)?.type
    if (type !== undefined && textKinds.has(type.kind)) {
      this.notes.differs(
        expression.span,
        "SUBSTRING(s FROM 'regex')",
        'Flink reads the pattern as one of Java, and KDA SQL with its own engine, which know some constructs differently.',
        'Check patterns with look-around or possessive quantifiers.',
      )
      return call('REGEXP_EXTRACT', [operand, this.translate(expression.from), number(0)])
    }
    const from = this.translate(expression.from)
    const length = expression.length === undefined ? undefined : this.translate(expression.length)
    if (!isPositive(expression.from))
      this.notes.differs(
        expression.span,
        'SUBSTRING from a position below 1',
        'Flink counts a negative position from the end of the text, KDA SQL takes what lies before the text as lost.',
        'Keep the position at 1 or above.',
      )
    return { ...expression, operand, from, length }
  }
}
