/**
 * Expressions to JavaScript. `ExpressionCode` writes the statements that evaluate bound expressions for row `i` of the
 * input batch and returns, for each, where its value is: a number, a boolean, a slice of bytes, or a string.
 *
 * Three-valued logic: every value carries a condition that tells whether it is NULL; 'false' when the plan says that it
 * never is, so such checks vanish. Branches of CASE, COALESCE, AND and OR become blocks and run only when needed.
 *
 * Exactness: numbers are float64. An operation on BIGINT or DECIMAL whose result is not a safe integer throws
 * `inexact`, and the row is evaluated again by the interpreter with bigints. That check suffices: if the true result of
 * + - * over safe integers lies beyond 2^53, so does the rounded one. Batches with wide values never come here.
 *
 * Functions without code of their own call the function table on decoded values.
 */
import { hostScalar } from '../expression/host-scalar.ts'
import { type Dialect, isIdentityCast, lookupScalar } from '../functions/index.ts'
import { isIntegerKind, scaleOf } from '../functions/types.ts'
import type { CallExpr, Expr, SqlType, SqlValue } from '../plan.ts'
import { CheckedWriter } from './checked-writer.ts'
import { either, nullOf, type Value } from './code-value.ts'
import { decodeText, isBigintType, isBinaryType, isTextType } from './column-values.ts'
import { isCheckedText, isWidening } from './conversion-rules.ts'
import { isClean, type TextArena } from './text-arena.ts'
import { compareBytes, longerThan, sameBytes } from './text-bytes.ts'

/** Thrown while compiling: an expression has no exact compiled form at all. */
export class NotCompilable extends Error {}

export class ExpressionCode extends CheckedWriter {
  /** Input number columns of types that can be wide; the caller checks them per batch. */
  readonly wideColumns = new Set<number>()

  readonly #dialect: Dialect
  readonly #arena: TextArena
  readonly #columns = new Set<number>()
  #usesArena = false

  constructor(dialect: Dialect, arena: TextArena) {
    super()
    this.#dialect = dialect
    this.#arena = arena
  }

  evaluate(expr: Expr): Value {
    switch (expr.kind) {
      case 'literal':
        return this.literal(expr.value, expr.type)
      case 'column':
        return this.#column(expr.index, expr.type, expr.nullable)
      case 'rowtime':
        return { form: 'number', nul: 'false', value: 'rowtime[i]' }
      case 'call':
        return this.#call(expr)
    }
  }

  /** The condition under which a BOOLEAN expression is TRUE. */
  condition(expr: Expr): string {
    const value = this.evaluate(expr)
    if (value.form !== 'boolean') throw new Error('engine: a condition is BOOLEAN')
    return value.nul === 'false' ? value.value : `!(${value.nul}) && ${value.value}`
  }

  literal(value: SqlValue, type: SqlType): Value {
    if (value === null) return nullOf(type)
    if (typeof value === 'boolean') return { form: 'boolean', nul: 'false', value: String(value) }
    if (typeof value === 'bigint' || typeof value === 'number') {
      const number = Number(value)
      if (typeof value === 'bigint' && !Number.isSafeInteger(number)) throw new NotCompilable()
      return { form: 'number', nul: 'false', value: number < 0 ? `(${number})` : String(number) }
    }
    if (typeof value === 'string') {
      const bytes = Buffer.from(value, 'utf8')
      const name = this.constant(Buffer.from(bytes))
      return {
        form: 'slice',
        nul: 'false',
        bytes: name,
        start: '0',
        end: String(bytes.length),
        clean: isClean(bytes, 0, bytes.length) ? '1' : '0',
      }
    }
    if (!(value instanceof Uint8Array)) throw new NotCompilable()
    return {
      form: 'slice',
      nul: 'false',
      bytes: this.constant(value),
      start: '0',
      end: String(value.length),
      clean: '0',
    }
  }

  /** The value as a slice; a string is written to the arena. */
  slice(value: Value): Value & { form: 'slice' } {
    if (value.form === 'slice') return value
    if (value.form !== 'string') throw new Error('engine: text expected')
    this.#useArena()
    const bytes = this.temp('b', 'noBytes')
    const start = this.temp('s', '0')
    const end = this.temp('e', '0')
    const clean = this.temp('c', '1')
    const write = () =>
      this.line(
        `arena.write(${value.value}); ${bytes} = arena.page; ${start} = arena.start; ${end} = arena.end; ${clean} = arena.clean`,
      )
    if (value.nul === 'false') write()
    else this.block(`if (!(${value.nul}))`, write)
    return { form: 'slice', nul: value.nul, bytes, start, end, clean }
  }

  #useArena(): void {
    if (this.#usesArena) return
    this.#usesArena = true
    this.hoisted.push(`const arena = ${this.constant(this.#arena)}, noBytes = ${this.constant(noBytes)}`)
  }

  #column(index: number, type: SqlType, nullable: boolean): Value {
    if (!this.#columns.has(index)) {
      this.#columns.add(index)
      if (isBigintType(type)) this.wideColumns.add(index)
      this.hoisted.push(
        isTextType(type)
          ? `const { pages: pages${index}, page: page${index}, start: start${index}, end: end${index}, nulls: nulls${index}, clean: clean${index} } = input.columns[${index}]`
          : `const { values: values${index}, nulls: nulls${index} } = input.columns[${index}]`,
      )
    }
    const nul = nullable ? `nulls${index}[i] !== 0` : 'false'
    if (isTextType(type)) {
      return {
        form: 'slice',
        nul,
        bytes: `pages${index}[page${index}[i]]`,
        start: `start${index}[i]`,
        end: `end${index}[i]`,
        clean: `clean${index}[i]`,
      }
    }
    return type.kind === 'BOOLEAN'
      ? { form: 'boolean', nul, value: `values${index}[i] !== 0` }
      : { form: 'number', nul, value: `values${index}[i]` }
  }

  #call(expr: CallExpr): Value {
    switch (expr.fn) {
      case 'AND':
      case 'OR':
        return this.#connective(expr, expr.fn === 'OR')
      case 'NOT': {
        const a = this.evaluate(expr.args[0]!)
        if (a.form !== 'boolean') break
        return { form: 'boolean', nul: a.nul, value: `!(${a.value})` }
      }
      case 'IS NULL':
      case 'IS NOT NULL': {
        const { nul } = this.evaluate(expr.args[0]!)
        return { form: 'boolean', nul: 'false', value: expr.fn === 'IS NULL' ? `(${nul})` : `!(${nul})` }
      }
      case 'IS TRUE':
      case 'IS NOT TRUE':
      case 'IS FALSE':
      case 'IS NOT FALSE':
        return this.#truthTest(expr)
      case 'CASE':
        return this.#case(expr)
      case 'COALESCE':
        return this.#coalesce(expr)
      case 'MONOTONIC':
        return this.evaluate(expr.args[0]!)
      case '+':
      case '-':
      case '*':
        return this.#arithmetic(expr, expr.fn)
      case '/':
      case 'MOD':
        return this.#division(expr)
      case '=':
      case '<>':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(expr)
      case 'BETWEEN': {
        const [value, low, high] = expr.args as [Expr, Expr, Expr]
        const bound = (fn: string, a: Expr, b: Expr): CallExpr => ({
          ...expr,
          fn,
          args: [a, b],
          nullable: a.nullable || b.nullable,
        })
        return this.#connective(
          { ...expr, fn: 'AND', args: [bound('<=', low, value), bound('<=', value, high)] },
          false,
        )
      }
      case 'IN': {
        const [value, ...others] = expr.args as [Expr, ...Expr[]]
        const equal = (other: Expr): CallExpr => ({
          ...expr,
          fn: '=',
          args: [value, other],
          nullable: value.nullable || other.nullable,
        })
        return others.length === 1
          ? this.#call(equal(others[0]!))
          : this.#connective({ ...expr, fn: 'OR', args: others.map(equal) }, true)
      }
      case 'CAST':
      case 'ASSIGN':
        return this.#conversion(expr)
      case 'FLOOR_TIME':
      case 'STEP_TIME':
        return this.#timeStep(expr)
    }
    return this.#tableCall(expr)
  }

  /** AND (decisive FALSE) and OR (decisive TRUE), left to right, stopping at the decisive value. */
  #connective(expr: CallExpr, decisive: boolean): Value {
    const result = this.temp('t', String(!decisive))
    const unknown = expr.args.some((arg) => arg.nullable) ? this.temp('u', 'false') : undefined
    const [first, ...rest] = expr.args
    const step = (arg: Expr) => {
      const value = this.evaluate(arg)
      if (value.form !== 'boolean') throw new Error('engine: AND and OR take BOOLEAN')
      const hit = `if (${decisive ? value.value : `!(${value.value})`}) ${result} = ${decisive}`
      if (value.nul === 'false') this.line(hit)
      else if (value.nul === 'true') this.line(`${unknown} = true`)
      else this.line(`if (${value.nul}) ${unknown} = true; else ${hit}`)
    }
    step(first!)
    const nest = (i: number) => {
      const arg = rest[i]
      if (arg === undefined) return
      this.block(`if (${decisive ? '!' : ''}${result})`, () => {
        step(arg)
        nest(i + 1)
      })
    }
    nest(0)
    if (unknown === undefined) return { form: 'boolean', nul: 'false', value: result }
    return { form: 'boolean', nul: `(${unknown} && ${decisive ? '!' : ''}${result})`, value: result }
  }

  #truthTest(expr: CallExpr): Value {
    const a = this.evaluate(expr.args[0]!)
    if (a.form !== 'boolean') throw new Error('engine: a truth test takes BOOLEAN')
    const wanted = expr.fn.endsWith('TRUE') ? a.value : `!(${a.value})`
    const holds = a.nul === 'false' ? `(${wanted})` : `(!(${a.nul}) && ${wanted})`
    return { form: 'boolean', nul: 'false', value: expr.fn.includes('NOT') ? `!${holds}` : holds }
  }

  #case(expr: CallExpr): Value {
    const target = this.#variable(expr.type, expr.nullable)
    const branch = (i: number) => {
      if (i + 1 >= expr.args.length) {
        this.#assign(target, this.evaluate(expr.args[expr.args.length - 1]!))
        return
      }
      this.choice(
        this.condition(expr.args[i]!),
        () => this.#assign(target, this.evaluate(expr.args[i + 1]!)),
        () => branch(i + 2),
      )
    }
    branch(0)
    return target
  }

  #coalesce(expr: CallExpr): Value {
    const target = this.#variable(expr.type, true)
    const next = (i: number) => {
      const arg = expr.args[i]
      if (arg === undefined) return
      this.#assign(target, this.evaluate(arg))
      if (i + 1 < expr.args.length && arg.nullable) this.block(`if (${target.nul})`, () => next(i + 1))
    }
    next(0)
    return expr.nullable ? target : { ...target, nul: 'false' }
  }

  /** A variable of a type that branches assign to. */
  #variable(type: SqlType, nullable: boolean): Value {
    const nul = nullable ? this.temp('n', 'true') : 'false'
    if (isTextType(type)) {
      this.#useArena()
      return {
        form: 'slice',
        nul,
        bytes: this.temp('b', 'noBytes'),
        start: this.temp('s', '0'),
        end: this.temp('e', '0'),
        clean: this.temp('c', '1'),
      }
    }
    return type.kind === 'BOOLEAN'
      ? { form: 'boolean', nul, value: this.temp('t', 'false') }
      : { form: 'number', nul, value: this.temp('x', '0') }
  }

  #assign(target: Value, from: Value): void {
    const set = () => {
      if (target.form === 'slice') {
        const slice = this.slice(from)
        this.line(
          `${target.bytes} = ${slice.bytes}; ${target.start} = ${slice.start}; ${target.end} = ${slice.end}; ${target.clean} = ${slice.clean}`,
        )
      } else if (from.form !== 'slice') this.line(`${target.value} = ${from.value}`)
    }
    if (from.nul === 'true') {
      if (target.nul !== 'false') this.line(`${target.nul} = true`)
      return
    }
    if (target.nul !== 'false') this.line(`${target.nul} = ${from.nul}`)
    if (from.nul === 'false') set()
    else this.block(`if (!(${from.nul}))`, set)
  }

  #arithmetic(expr: CallExpr, sign: '+' | '-' | '*'): Value {
    const [a, b] = expr.args as [Expr, Expr]
    const kind = expr.type.kind
    const types = [a.type, b.type]
    if (kind === 'REAL' || kind === 'DOUBLE') {
      if (!types.every(isFloat)) return this.#tableCall(expr)
      return this.#binary(a, b, (x, y, result) => {
        this.line(
          `${result} = ${kind === 'REAL' ? `Math.fround(${x} ${sign} ${y})` : `${x} ${sign} ${y}`} + 0`,
        )
        this.fail(`!Number.isFinite(${result})`, `range(${result}, ${this.constant(expr.type)})`)
      })
    }
    if (isIntegerKind(kind) && types.every((type) => isIntegerKind(type.kind))) {
      return this.#binary(a, b, (x, y, result) => {
        // Adding zero turns the -0 of 0 * -1 into 0.
        this.line(`${result} = ${x} ${sign} ${y}${sign === '*' ? ' + 0' : ''}`)
        this.checkInteger(result, expr.type)
      })
    }
    if (kind === 'DECIMAL' && types.every((type) => isIntegerKind(type.kind) || type.kind === 'DECIMAL')) {
      const scales = types.map(scaleOf) as [number, number]
      const wanted = expr.type.kind === 'DECIMAL' ? expr.type.scale : 0
      // A result type whose scale was capped loses digits; the bigint path rounds them.
      if (sign === '*' ? scales[0] + scales[1] !== wanted : Math.max(...scales) !== wanted)
        return this.#tableCall(expr)
      const raise = (x: string, scale: number) =>
        sign === '*' || scale === wanted ? x : `${x} * 1e${wanted - scale}`
      return this.#binary(a, b, (x, y, result) => {
        const left = raise(x, scales[0])
        const right = raise(y, scales[1])
        this.canThrow = true
        for (const side of [left, right]) {
          if (side.includes(' * 1e')) this.inexactIf(`!Number.isSafeInteger(${side})`)
        }
        this.line(`${result} = ${left} ${sign} ${right}${sign === '*' ? ' + 0' : ''}`)
        this.checkDecimal(result, expr.type)
      })
    }
    if (
      kind === 'TIMESTAMP' &&
      sign !== '*' &&
      types[0]!.kind === 'TIMESTAMP' &&
      types[1]!.kind === 'INTERVAL_DAY'
    ) {
      return this.#binary(a, b, (x, y, result) => {
        this.line(`${result} = ${x} ${sign} ${y}`)
        // The bounds of TIMESTAMP are checked, and reported, by the function table.
        this.inexactIf(`!(${result} >= -62135596800000 && ${result} <= 253402300799999)`)
      })
    }
    return this.#tableCall(expr)
  }

  /** Integer division and remainder. The quotient is taken from a - a % b, which is exact, since a / b may round up. */
  #division(expr: CallExpr): Value {
    const [a, b] = expr.args as [Expr, Expr]
    const kind = expr.type.kind
    const types = [a.type, b.type]
    if (isFloat(expr.type) && types.every(isFloat) && expr.fn === '/') {
      return this.#binary(a, b, (x, y, result) => {
        this.inexactIf(`${y} === 0`)
        this.line(`${result} = ${kind === 'REAL' ? `Math.fround(${x} / ${y})` : `${x} / ${y}`} + 0`)
        this.fail(`!Number.isFinite(${result})`, `range(${result}, ${this.constant(expr.type)})`)
      })
    }
    if (isIntegerKind(kind) && types.every((type) => isIntegerKind(type.kind))) {
      return this.#binary(a, b, (x, y, result) => {
        this.inexactIf(`${y} === 0`)
        this.line(
          expr.fn === 'MOD' ? `${result} = ${x} % ${y} + 0` : `${result} = (${x} - ${x} % ${y}) / ${y} + 0`,
        )
        this.checkInteger(result, expr.type)
      })
    }
    return this.#tableCall(expr)
  }

  #binary(a: Expr, b: Expr, compute: (x: string, y: string, result: string) => void): Value {
    const left = this.evaluate(a)
    const right = this.evaluate(b)
    if (left.form !== 'number' || right.form !== 'number') throw new Error('engine: arithmetic takes numbers')
    const nul = either(left.nul, right.nul)
    const result = this.temp('x', '0')
    if (nul === 'true') return { form: 'number', nul, value: result }
    if (nul === 'false') compute(left.value, right.value, result)
    else this.block(`if (!(${nul}))`, () => compute(left.value, right.value, result))
    return { form: 'number', nul, value: result }
  }

  #comparison(expr: CallExpr): Value {
    const [a, b] = expr.args as [Expr, Expr]
    const text = isTextType(a.type) && isTextType(b.type)
    const padded = a.type.kind === 'CHAR' || b.type.kind === 'CHAR'
    if ((text && padded) || scaleOf(a.type) !== scaleOf(b.type)) return this.#tableCall(expr)
    const left = this.evaluate(a)
    const right = this.evaluate(b)
    const nul = either(left.nul, right.nul)
    if (nul === 'true') return { form: 'boolean', nul, value: 'false' }
    const operator = operators[expr.fn]!
    if (left.form === 'number' && right.form === 'number') {
      return { form: 'boolean', nul, value: `${left.value} ${operator} ${right.value}` }
    }
    if (left.form === 'boolean' && right.form === 'boolean') {
      return { form: 'boolean', nul, value: `Number(${left.value}) ${operator} Number(${right.value})` }
    }
    if (!text) throw new Error('engine: a comparison of different forms')
    const result = this.temp('t', 'false')
    const compute = () => {
      const x = this.slice(left)
      const y = this.slice(right)
      const args = `${x.bytes}, ${x.start}, ${x.end}, ${y.bytes}, ${y.start}, ${y.end}`
      if (expr.fn === '=' || expr.fn === '<>') {
        this.constantNamed('sameBytes', sameBytes)
        // Lengths differ more often than bytes, and are at hand.
        const same = `${x.end} - ${x.start} === ${y.end} - ${y.start} && sameBytes(${args})`
        this.line(`${result} = ${expr.fn === '=' ? same : `!(${same})`}`)
      } else {
        this.constantNamed('compareBytes', compareBytes)
        this.line(`${result} = compareBytes(${args}) ${operator} 0`)
      }
    }
    if (nul === 'false') compute()
    else this.block(`if (!(${nul}))`, compute)
    return { form: 'boolean', nul, value: result }
  }

  #conversion(expr: CallExpr): Value {
    const arg = expr.args[0]!
    const from = arg.type
    const to = expr.type
    if (from.kind === 'NULL') return nullOf(to)
    if (isIdentityCast(from, to) || isWidening(from, to)) return this.evaluate(arg)
    if (isIntegerKind(from.kind) && isIntegerKind(to.kind)) {
      return this.#checked(arg, (value) => {
        if (value.form === 'number') this.checkInteger(value.value, to)
      })
    }
    if (isCheckedText(from, to) && expr.fn === 'ASSIGN') {
      this.constantNamed('longerThan', longerThan)
      return this.#checked(arg, (value) => {
        const { bytes, start, end } = this.slice(value)
        this.canThrow = true
        const limit = 'length' in to ? to.length : 0
        this.inexactIf(`${end} - ${start} > ${limit} && longerThan(${bytes}, ${start}, ${end}, ${limit})`)
      })
    }
    if (isIntegerKind(from.kind) && from.kind !== 'BIGINT' && isFloat(to)) {
      const value = this.evaluate(arg)
      return value.form === 'number'
        ? { ...value, value: to.kind === 'REAL' ? `Math.fround(${value.value})` : value.value }
        : value
    }
    if (from.kind === 'DECIMAL' && to.kind === 'DOUBLE' && from.scale <= 22) {
      // Both are exact doubles, so the quotient is the nearest double to the decimal.
      const value = this.evaluate(arg)
      return value.form === 'number' ? { ...value, value: `(${value.value} / 1e${from.scale} + 0)` } : value
    }
    if (from.kind === 'REAL' && to.kind === 'DOUBLE') return this.evaluate(arg)
    if (from.kind === 'DOUBLE' && to.kind === 'REAL') {
      const value = this.evaluate(arg)
      if (value.form !== 'number') return value
      const result = this.temp('x', `Math.fround(${value.value})`)
      this.fail(`!Number.isFinite(${result})`, `range(${value.value}, ${this.constant(to)})`)
      return { ...value, value: `(${result} + 0)` }
    }
    if (
      (isIntegerKind(from.kind) || from.kind === 'DECIMAL') &&
      to.kind === 'DECIMAL' &&
      scaleOf(from) <= to.scale
    ) {
      const value = this.evaluate(arg)
      if (value.form !== 'number') return value
      const result = this.temp(
        'x',
        to.scale === scaleOf(from) ? value.value : `${value.value} * 1e${to.scale - scaleOf(from)}`,
      )
      this.checkDecimal(result, to)
      return { ...value, value: result }
    }
    return this.#tableCall(expr)
  }

  #checked(arg: Expr, check: (value: Value) => void): Value {
    const value = this.evaluate(arg)
    if (value.nul === 'false') check(value)
    else if (value.nul !== 'true') this.block(`if (!(${value.nul}))`, () => check(value))
    return value
  }

  /** Steps of fixed length, aligned to the epoch; months and years go through the function table. */
  #timeStep(expr: CallExpr): Value {
    const step = fixedStep(expr)
    const time = expr.args[0]!
    if (step === undefined || time.type.kind !== 'TIMESTAMP') return this.#tableCall(expr)
    const value = this.evaluate(time)
    if (value.form !== 'number') return value
    return { ...value, value: `(Math.floor(${value.value} / ${step}) * ${step} + 0)` }
  }

  #tableCall(expr: CallExpr): Value {
    const fn = expr.host === undefined ? lookupScalar(expr.fn, this.#dialect) : hostScalar(expr.host)
    if (fn === undefined) throw new Error(`plan: no function ${expr.fn} in the ${this.#dialect} dialect`)
    const context = { type: expr.type, argTypes: expr.args.map((arg) => arg.type), rowtime: 0 }
    const args = expr.args.map((arg) => ({ value: this.evaluate(arg), type: arg.type }))
    const nul = fn.nullIn === 'null' ? args.map(({ value }) => value.nul).reduce(either, 'false') : 'false'
    if (nul === 'true') return nullOf(expr.type)
    this.canThrow = true
    const result = this.temp('r', 'null')
    const call = () => {
      const values = args.map(({ value, type }) => this.#sqlValue(value, type, fn.nullIn === 'null'))
      const name = this.constant(context)
      this.line(`${name}.rowtime = rowtime[i]`)
      this.line(`${result} = ${this.constant(fn)}.evaluate([${values.join(', ')}], ${name})`)
      if (isBigintType(expr.type))
        this.inexactIf(`${result} !== null && !Number.isSafeInteger(${result} = Number(${result}))`)
    }
    if (nul === 'false') call()
    else this.block(`if (!(${nul}))`, call)
    const isNull = `${result} === null`
    if (isBinaryType(expr.type)) {
      return { form: 'slice', nul: isNull, bytes: result, start: '0', end: `${result}.length`, clean: '0' }
    }
    const form = isTextType(expr.type) ? 'string' : expr.type.kind === 'BOOLEAN' ? 'boolean' : 'number'
    return { form, nul: isNull, value: result }
  }

  /** The value as the function table wants it. */
  #sqlValue(value: Value, type: SqlType, nonNull: boolean): string {
    let text: string
    if (value.nul === 'true') return 'null'
    if (value.form === 'slice') {
      this.constantNamed('decodeText', decodeText)
      text = isBinaryType(type)
        ? `${value.bytes}.slice(${value.start}, ${value.end})`
        : `decodeText(${value.bytes}, ${value.start}, ${value.end})`
    } else text = isBigintType(type) ? `BigInt(${value.value})` : value.value
    return nonNull || value.nul === 'false' ? text : `(${value.nul} ? null : ${text})`
  }
}

const noBytes = new Uint8Array(0)

const operators: Record<string, string> = {
  '=': '===',
  '<>': '!==',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

const unitMs: Record<string, number> = { SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 }

/** The step in ms of FLOOR(t TO unit) and STEP(t BY interval), if it is a constant of fixed length. */
export function fixedStep(expr: CallExpr): number | undefined {
  const by = expr.args[1]
  if (by?.kind !== 'literal') return undefined
  if (expr.fn === 'FLOOR_TIME') return unitMs[String(by.value)]
  const ok = by.type.kind === 'INTERVAL_DAY' && typeof by.value === 'number' && by.value > 0
  return ok ? Number(by.value) : undefined
}

function isFloat(type: SqlType): boolean {
  return type.kind === 'REAL' || type.kind === 'DOUBLE'
}
