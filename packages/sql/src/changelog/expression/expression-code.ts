/**
 * Code for expressions: JavaScript statements that leave the value of each expression in a variable. An expression runs once
 * where it stands, from left to right, and lazily as interpreter/expression.ts says; the meaning is that of the function
 * table, whose `evaluate` runs wherever there is no code of its own (inline-*.ts) or where that code's short way ends.
 *
 * Values are in the narrow form of row.ts. A fragment is an atom: a variable, a constant or a column of the row, which
 * costs nothing to write twice. Only names made here and numbers reach the text; everything else is a constant by name.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import { foldExpression } from '../../expression/fold-expression.ts'
import { lookupScalar } from '../../functions/index.ts'
import type { CallExpr, Expr, SqlValue } from '../../plan.ts'
import { narrow } from '../row.ts'
import { valueKey } from '../value.ts'
import { makeCaller } from './call-function.ts'
import type { Code, Fragment } from './code.ts'
import type { ExpressionContext } from './expression-context.ts'
import { inlineArithmetic } from './inline-arithmetic.ts'
import { inlineCast } from './inline-cast.ts'
import { inlineComparison } from './inline-comparison.ts'
import { inlineLogic } from './inline-logic.ts'
import { inlineNested } from './inline-nested.ts'
import { inlineText } from './inline-text.ts'

/** Functions that may answer differently to equal arguments. */
const volatile = new Set(['RAND', 'RAND_INTEGER', 'UUID', 'CURRENT_WATERMARK'])

export class ExpressionCode implements Code {
  readonly context: ExpressionContext
  readonly #constants: unknown[] = []
  readonly #lines: string[] = []
  readonly #columns: (index: number) => Fragment | undefined
  #temps = 0
  /** Values of calls that have been computed where everything after sees them, by what is called. */
  readonly #known = new Map<string, Fragment>()
  #depth = 0

  /** `columns`: what a column is; undefined: element `index` of the row `r`. */
  constructor(context: ExpressionContext, columns?: (index: number) => Fragment | undefined) {
    this.context = context
    this.#columns = columns ?? (() => undefined)
  }

  emit(line: string): void {
    this.#lines.push(line)
    for (const sign of line) {
      if (sign === '{') this.#depth++
      else if (sign === '}') this.#depth--
    }
  }

  constant(value: unknown): string {
    this.#constants.push(value)
    return `k${this.#constants.length - 1}`
  }

  /** A variable of the function. */
  temp(): string {
    return `t${this.#temps++}`
  }

  /** A whole expression: what is constant in it is computed now. */
  whole(expr: Expr): Fragment {
    return this.expression(foldExpression(expr, (name) => lookupScalar(name, 'flink')))
  }

  /** A part of one. */
  expression(expr: Expr): Fragment {
    switch (expr.kind) {
      case 'literal':
        return this.literal(expr.value, expr.type)
      case 'column':
        return this.#columns(expr.index) ?? { text: `r[${expr.index}]`, nullable: true, type: expr.type }
      case 'rowtime': {
        const now = this.constant(this.context.now)
        return this.assign(`${now}()`, expr.type, false)
      }
      case 'call':
        return this.#call(expr)
    }
  }

  /** A call that was computed before, on the way to here, is not computed again. */
  #call(call: CallExpr): Fragment {
    const key = this.#keyOf(call)
    const known = key === undefined ? undefined : this.#known.get(key)
    if (known !== undefined) return known
    const fragment =
      inlineLogic(this, call) ??
      inlineComparison(this, call) ??
      inlineArithmetic(this, call) ??
      inlineCast(this, call) ??
      inlineNested(this, call) ??
      inlineText(this, call) ??
      this.tableCall(call)
    // Inside braces the code may be passed over.
    if (key !== undefined && this.#depth === 0) this.#known.set(key, fragment)
    return fragment
  }

  /** Equal for calls with equal values; undefined where each call may give another one. */
  #keyOf(expr: Expr): string | undefined {
    switch (expr.kind) {
      case 'literal':
        return `${valueKey(narrow(expr.value))}:${formatFlinkType(expr.type)}`
      case 'column':
        return (this.#columns(expr.index)?.text ?? `r[${expr.index}]`) + formatFlinkType(expr.type)
      case 'rowtime':
        return undefined
      case 'call': {
        if (volatile.has(expr.fn) || lookupScalar(expr.fn, 'flink') === undefined) return undefined
        let key = `${expr.fn}:${formatFlinkType(expr.type)}${expr.nullable ? '?' : '!'}(`
        for (const arg of expr.args) {
          const part = this.#keyOf(arg)
          if (part === undefined) return undefined
          key += `${part},`
        }
        return `${key})`
      }
    }
  }

  literal(value: SqlValue, type: SqlType): Fragment {
    const held = narrow(value)
    return { text: this.#literalText(held), nullable: held === null, type, literal: held }
  }

  #literalText(value: SqlValue): string {
    switch (typeof value) {
      case 'number':
        return Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value)
      case 'bigint':
        return value < 0n ? `(${value}n)` : `${value}n`
      case 'boolean':
        return String(value)
      case 'string':
        return this.constant(value)
    }
    return value === null ? 'null' : this.constant(value)
  }

  /** A new variable with a value. */
  assign(text: string, type: SqlType, nullable: boolean): Fragment {
    const name = this.temp()
    this.emit(`${name} = ${text}`)
    return { text: name, nullable, type }
  }

  /** NULL where an argument is, else `text`. */
  strict(args: readonly Fragment[], text: string, type: SqlType, mayBeNull = false): Fragment {
    const test = notNull(args)
    if (test === undefined) return this.assign(text, type, mayBeNull)
    return this.assign(`${test} ? ${text} : null`, type, true)
  }

  /** A call of the function table or of the host. */
  tableCall(call: CallExpr): Fragment {
    return this.callWith(
      call,
      call.args.map((arg) => this.expression(arg)),
    )
  }

  callWith(call: CallExpr, args: readonly Fragment[]): Fragment {
    const caller = this.callerOf(call)
    const text = `${caller.name}(${args.map((arg) => arg.text).join(', ')})`
    return caller.nullIn === 'null'
      ? this.strict(args, text, call.type, true)
      : this.assign(text, call.type, true)
  }

  /** A constant that calls the function with non-null arguments in narrow form, for the long way of inlined code. */
  callerOf(call: CallExpr): { readonly name: string; readonly nullIn: 'null' | 'called' } {
    const caller = makeCaller(call, this.context)
    return { name: this.constant(caller.call), nullIn: caller.nullIn }
  }

  /** The function of the row `r` whose body was emitted and which gives back `result`. */
  finish<F>(parameters: string, result: string): F {
    const temps = this.#temps === 0 ? '' : `let ${range(this.#temps, 't')};`
    const names = this.#constants.length === 0 ? '' : `const [${range(this.#constants.length, 'k')}] = K;`
    const source = `'use strict'; ${names} return function(${parameters}) { ${temps}\n${this.#lines.join('\n')}\nreturn ${result} }`
    // F is what the caller emitted: a function of `parameters`.
    return (new Function('K', source) as (constants: unknown[]) => F)(this.#constants)
  }
}

/** The condition under which no fragment is NULL; undefined: always. */
export function notNull(args: readonly Fragment[]): string | undefined {
  const tests = args.filter((arg) => arg.nullable).map((arg) => `${arg.text} !== null`)
  return tests.length === 0 ? undefined : [...new Set(tests)].join(' && ')
}

function range(count: number, letter: string): string {
  return Array.from({ length: count }, (_, i) => `${letter}${i}`).join(', ')
}
