/**
 * Filters and a projection over one input, fused. The generated loop evaluates the predicate and the computed expressions
 * of each row, writes computed values to columns and the row's index to a selection; columns that are only passed on are
 * then gathered by that selection, or shared with the input when every row was taken.
 *
 * A row whose evaluation fails is dropped and reported. A row that needs more than 53 bits, and every row of a batch whose
 * used columns hold wide values, is evaluated by the interpreter instead; both ways answer alike.
 */
import { type Column, NumberColumn, RowBatch, type Schema, type SqlType } from '@millrace/values'
import { type Dialect, SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import type { Expr, SqlValue } from '../plan.ts'
import { inexact } from './checked-writer.ts'
import type { Value } from './code-value.ts'
import { isTextType, makeColumn, rowText, setNull, setSlice, setValue, valueAt } from './column-values.ts'
import { isCheckedText, isWidening } from './conversion-rules.ts'
import { ExpressionCode, NotCompilable } from './expression-code.ts'
import { gatherColumn, gatherTimes } from './gather.ts'
import { type Operator, type Run, reportRow } from './operator.ts'
import { TextArena } from './text-arena.ts'

export interface FusedStepSpec {
  readonly input: Operator
  readonly inputSchema: Schema
  readonly predicates: readonly Expr[]
  /** Undefined: all input columns as they are. */
  readonly projection: { readonly exprs: readonly Expr[]; readonly schema: Schema } | undefined
  /** Row time of the output, the input's if undefined. */
  readonly rowtime: Expr | undefined
  readonly pump: string
  readonly dialect: Dialect
  /** Receives the generated source, for people. */
  readonly onSource?: (source: string) => void
}

/** How an output column comes about. */
type OutputColumn =
  | { readonly kind: 'pass'; readonly from: number }
  /** Passed on after a check that can fail, such as a length limit. */
  | { readonly kind: 'checked'; readonly from: number; readonly expr: Expr }
  | { readonly kind: 'computed'; readonly expr: Expr }

type Generated = (
  input: RowBatch,
  out: RowBatch,
  rows: Int32Array,
  step: FusedStep,
  k: readonly unknown[],
) => number

export class FusedStep implements Operator {
  readonly kind = 'project'
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: FusedStepSpec
  readonly #columns: readonly OutputColumn[]
  readonly #own: readonly (readonly Column[])[]
  readonly #arenas = [new TextArena(), new TextArena()] as const
  readonly #ownTimes: readonly { rowtime: Float64Array; origin: Int32Array }[] = [emptyTimes(), emptyTimes()]
  /** Undefined for each pass: rows go through the interpreter, or nothing is to be evaluated. */
  readonly #generated: readonly (CompiledLoop | undefined)[]
  readonly #evaluates: boolean
  /** Input rows that the last run took, as many as its output has. */
  selected = new Int32Array(64)
  /** Input rows whose evaluation failed in the last run. */
  readonly failed: number[] = []
  // The batch being processed, for the row paths.
  #input: RowBatch
  #out: RowBatch
  #run: Run | undefined
  #arena: TextArena

  constructor(spec: FusedStepSpec) {
    this.#spec = spec
    const fields = (spec.projection?.schema ?? spec.inputSchema).fields
    this.#columns = outputColumns(spec)
    this.#own = [fields.map(({ type }) => makeColumn(type)), fields.map(({ type }) => makeColumn(type))]
    this.output = [new RowBatch([...this.#own[0]!], 0), new RowBatch([...this.#own[1]!], 0)]
    this.#evaluates =
      spec.predicates.length > 0 ||
      spec.rowtime !== undefined ||
      this.#columns.some(({ kind }) => kind !== 'pass')
    this.#generated = this.#evaluates
      ? this.#arenas.map((arena, i) => compileLoop(spec, this.#columns, arena, i === 0))
      : []
    this.#input = this.output[0]
    this.#out = this.output[0]
    this.#arena = this.#arenas[0]
  }

  run(run: Run): void {
    const input = this.#spec.input.output[run.pass]
    const out = this.output[run.pass]
    if (run.pass === 1) {
      // After an override nothing is promised about later row times, unless no row comes any more.
      const { bound } = this.#spec.input
      const passes = this.#spec.rowtime === undefined || bound === Number.POSITIVE_INFINITY
      this.bound = passes ? bound : Number.NEGATIVE_INFINITY
    }
    const count = input.length
    this.failed.length = 0
    if (count === 0) {
      out.length = 0
      return
    }
    if (!this.#evaluates) {
      this.#share(input, out, run.pass)
      out.length = count
      return
    }
    this.#input = input
    this.#out = out
    this.#run = run
    this.#prepare(count, run.pass)
    const taken = this.#evaluate(count, run.pass)
    this.#finish(count, taken, run.pass)
    out.length = taken
  }

  /** Reserves room and makes the computed columns this step's own again. */
  #prepare(count: number, pass: 0 | 1): void {
    if (this.selected.length < count)
      this.selected = new Int32Array(Math.max(count, this.selected.length * 2))
    this.#arena = this.#arenas[pass]
    this.#arena.reset()
    const out = this.#out
    const own = this.#own[pass]!
    this.#columns.forEach((column, i) => {
      if (column.kind !== 'computed') return
      const target = own[i]!
      target.reserve(count)
      if (target.kind === 'text') target.pages = []
      else target.wide = null
      out.columns[i] = target
    })
    const times = this.#ownTimes[pass]!
    if (times.rowtime.length < count) {
      const size = Math.max(count, times.rowtime.length * 2)
      times.rowtime = new Float64Array(size)
      times.origin = new Int32Array(size)
    }
    out.rowtime = times.rowtime
    out.origin = times.origin
  }

  #evaluate(count: number, pass: 0 | 1): number {
    const loop = this.#generated[pass]
    const input = this.#input
    if (loop !== undefined && !hasWide(input, loop.wideColumns)) {
      return loop.run(input, this.#out, this.selected, this, loop.constants)
    }
    let taken = 0
    for (let i = 0; i < count; i++) if (this.exact(i, taken)) this.selected[taken++] = i
    return taken
  }

  /** Fills what the loop did not compute: passed columns, and row times. */
  #finish(count: number, taken: number, pass: 0 | 1): void {
    const input = this.#input
    const out = this.#out
    const own = this.#own[pass]!
    const all = taken === count
    this.#columns.forEach((column, i) => {
      if (column.kind === 'computed') return
      const from = input.columns[column.from]!
      if (all) out.columns[i] = from
      else {
        gatherColumn(from, own[i]!, this.selected, taken)
        out.columns[i] = own[i]!
      }
    })
    if (all && this.#spec.rowtime === undefined) {
      out.rowtime = input.rowtime
      out.origin = input.origin
    } else if (this.#spec.rowtime === undefined) gatherTimes(input, out, this.selected, taken)
    else for (let i = 0; i < taken; i++) out.origin[i] = input.origin[this.selected[i]!]!
  }

  #share(input: RowBatch, out: RowBatch, pass: 0 | 1): void {
    this.#columns.forEach((column, i) => {
      out.columns[i] = column.kind === 'computed' ? this.#own[pass]![i]! : input.columns[column.from]!
    })
    out.rowtime = input.rowtime
    out.origin = input.origin
  }

  /** Called by generated code for what it threw: true if the row was taken by the exact path into place n. */
  caught(thrown: unknown, i: number, n: number): boolean {
    if (thrown === inexact) return this.exact(i, n)
    this.#report(thrown, i)
    return false
  }

  /** Evaluates row i with bigints and writes it to place n; false if it is filtered or fails. */
  exact(i: number, n: number): boolean {
    const { predicates, rowtime, inputSchema, dialect } = this.#spec
    const input = this.#input
    const out = this.#out
    const time = input.rowtime[i]!
    const row = inputSchema.fields.map(({ type }, c) => valueAt(input.columns[c]!, i, type))
    const evaluate = (expr: Expr) => interpretExpr(expr, row, time, dialect)
    try {
      for (const predicate of predicates) if (evaluate(predicate) !== true) return false
      const values: SqlValue[] = []
      for (const column of this.#columns) {
        const value = column.kind === 'pass' ? null : evaluate(column.expr)
        values.push(value)
      }
      const newTime = rowtime === undefined ? time : evaluate(rowtime)
      if (typeof newTime !== 'number') throw noRowtime()
      this.#columns.forEach((column, c) => {
        if (column.kind === 'computed') setValue(out.columns[c]!, n, values[c]!, this.#arena)
      })
      out.rowtime[n] = newTime
      return true
    } catch (error) {
      this.#report(error, i)
      return false
    }
  }

  /**
   * `column "x": ` if it was the value of an output column that failed. Generated code does not keep track of where it is, so
   * the row's columns are evaluated again, which only rows that failed pay for.
   */
  #failedColumn(thrown: SqlRuntimeError, i: number): string {
    const { inputSchema, projection, dialect } = this.#spec
    const input = this.#input
    const row = inputSchema.fields.map(({ type }, c) => valueAt(input.columns[c]!, i, type))
    for (const [c, column] of this.#columns.entries()) {
      if (column.kind === 'pass') continue
      try {
        interpretExpr(column.expr, row, input.rowtime[i]!, dialect)
      } catch (error) {
        if (!(error instanceof SqlRuntimeError) || error.message !== thrown.message) return ''
        return `column "${projection?.schema.fields[c]?.name}": `
      }
    }
    return ''
  }

  #report(thrown: unknown, i: number): void {
    if (!(thrown instanceof SqlRuntimeError)) throw thrown
    const { pump, inputSchema } = this.#spec
    this.failed.push(i)
    const error = {
      name: thrown.name,
      message: this.#failedColumn(thrown, i) + thrown.message,
      pump,
      rowtime: this.#input.rowtime[i]!,
      row: rowText(this.#input, i, inputSchema),
    }
    reportRow(this.#run!, error, { origin: this.#input.origin[i]!, blamed: true })
  }
}

interface CompiledLoop {
  readonly run: Generated
  readonly constants: readonly unknown[]
  readonly wideColumns: readonly number[]
}

function outputColumns({ projection, inputSchema }: FusedStepSpec): OutputColumn[] {
  if (projection === undefined) return inputSchema.fields.map((_, from) => ({ kind: 'pass', from }))
  return projection.exprs.map((expr) => {
    const from = passedColumn(expr)
    if (from !== undefined) return { kind: 'pass', from }
    const checked = checkedColumn(expr)
    return checked === undefined ? { kind: 'computed', expr } : { kind: 'checked', from: checked, expr }
  })
}

/** The input column that the expression is, conversions that change nothing left aside. */
function passedColumn(expr: Expr): number | undefined {
  if (expr.kind === 'column') return expr.index
  if (expr.kind !== 'call' || (expr.fn !== 'CAST' && expr.fn !== 'ASSIGN')) return undefined
  const arg = expr.args[0]!
  // A wide BIGINT column stays wide in another exact type only.
  return isWidening(arg.type, expr.type) ? passedColumn(arg) : undefined
}

function checkedColumn(expr: Expr): number | undefined {
  if (expr.kind !== 'call' || expr.fn !== 'ASSIGN') return undefined
  const arg = expr.args[0]!
  return isCheckedText(arg.type, expr.type) ? passedColumn(arg) : undefined
}

function compileLoop(
  spec: FusedStepSpec,
  columns: readonly OutputColumn[],
  arena: TextArena,
  show: boolean,
): CompiledLoop | undefined {
  try {
    const code = new ExpressionCode(spec.dialect, arena)
    writeLoop(code, spec, columns)
    const guarded = code.canThrow
    const source = [
      "'use strict'",
      'const { rowtime, length } = input',
      ...code.hoisted,
      ...outputHoists(columns, spec),
      'let n = 0',
      'for (let i = 0; i < length; i++) {',
      ...(guarded ? ['  try {'] : []),
      ...code.body,
      ...(guarded ? ['  } catch (thrown) {', '    if (!step.caught(thrown, i, n)) continue', '  }'] : []),
      '  rows[n++] = i',
      '}',
      'return n',
    ].join('\n')
    if (show) spec.onSource?.(source)
    // The source is made of the plan's structure, indexes and numbers only; names and texts of the program come as constants.
    const run = new Function('input', 'out', 'rows', 'step', 'k', source) as Generated
    return { run, constants: code.constants, wideColumns: [...code.wideColumns] }
  } catch (error) {
    if (error instanceof NotCompilable) return undefined
    throw error
  }
}

function outputHoists(columns: readonly OutputColumn[], spec: FusedStepSpec): string[] {
  const lines: string[] = []
  columns.forEach((column, i) => {
    if (column.kind !== 'computed') return
    lines.push(
      isTextType(column.expr.type)
        ? `const out${i} = out.columns[${i}]`
        : `const { values: outValues${i}, nulls: outNulls${i} } = out.columns[${i}]`,
    )
  })
  if (spec.rowtime !== undefined) lines.push('const outRowtime = out.rowtime')
  return lines
}

function writeLoop(code: ExpressionCode, spec: FusedStepSpec, columns: readonly OutputColumn[]): void {
  for (const predicate of spec.predicates) code.line(`if (!(${code.condition(predicate)})) continue`)
  columns.forEach((column, i) => {
    if (column.kind === 'pass') return
    const value = code.evaluate(column.expr)
    if (column.kind === 'computed') writeOutput(code, i, value, column.expr.type)
  })
  if (spec.rowtime !== undefined) {
    const time = code.evaluate(spec.rowtime)
    if (time.form !== 'number') throw new Error('engine: ROWTIME is a TIMESTAMP')
    if (time.nul !== 'false') {
      code.constantNamed('noRowtime', noRowtime)
      code.canThrow = true
      code.line(`if (${time.nul}) throw noRowtime()`)
    }
    code.line(`outRowtime[n] = ${time.value}`)
  }
}

function writeOutput(code: ExpressionCode, i: number, value: Value, type: SqlType): void {
  if (isTextType(type)) {
    const { bytes, start, end, clean, nul } = code.slice(value)
    code.constantNamed('setSlice', setSlice)
    code.constantNamed('setNull', setNull)
    const set = `out${i}.nulls[n] = 0; setSlice(out${i}, n, ${bytes}, ${start}, ${end}, ${clean})`
    if (nul === 'true') code.line(`setNull(out${i}, n)`)
    else if (nul === 'false') code.line(set)
    else code.line(`if (${nul}) setNull(out${i}, n); else { ${set} }`)
    return
  }
  if (value.form === 'slice') throw new Error('engine: a number column got text')
  const number = value.form === 'boolean' ? `(${value.value} ? 1 : 0)` : value.value
  if (value.nul === 'false') code.line(`outValues${i}[n] = ${number}; outNulls${i}[n] = 0`)
  else if (value.nul === 'true') code.line(`outValues${i}[n] = 0; outNulls${i}[n] = 1`)
  else
    code.line(
      `if (${value.nul}) { outValues${i}[n] = 0; outNulls${i}[n] = 1 } else { outValues${i}[n] = ${number}; outNulls${i}[n] = 0 }`,
    )
}

function noRowtime(): SqlRuntimeError {
  return new SqlRuntimeError(
    'NotNullViolation',
    'the row time given by AS ROWTIME is NULL; a row time is a TIMESTAMP',
  )
}

function hasWide(input: RowBatch, columns: readonly number[]): boolean {
  for (const index of columns) {
    const column = input.columns[index]
    if (column instanceof NumberColumn && column.wide !== null && column.wide.size > 0) return true
  }
  return false
}

function emptyTimes(): { rowtime: Float64Array; origin: Int32Array } {
  return { rowtime: new Float64Array(0), origin: new Int32Array(0) }
}
