/**
 * The code of an aggregate program while it is being written. An aggregate family (sums.ts, extremes.ts, ...) asks for slots
 * of the accumulator, says in its scope what adding and taking away a row does to them, and gives the expression of its
 * result. All families write into the same functions, so one row costs one call whatever the number of aggregates.
 *
 * In generated code `a` is the accumulator, `b` the other one of a merge, `r` the row, `n` the arrival number, `v3` the value
 * of an argument, `f3` whether a filter lets the row in, `k3` a constant. Values and filters are computed before anything is
 * changed, and an argument that can fail only where some filter wants it.
 */
import { sameExpr } from '../../expression/expr-tools.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import {
  compileExpression,
  compilePredicate,
  type ExpressionContext,
} from '../expression/compile-expression.ts'
import type { Row } from '../row.ts'
import { type DistinctGroup, setsName, writeDistinct } from './distinct-code.ts'

/** Rows that an aggregate sees: those that pass a filter, with arguments that are not NULL, each combination once if DISTINCT. */
export interface AggregateScope {
  /** Variables of the arguments. */
  readonly values: readonly string[]
  /** Statements for a row that comes or goes. */
  step(add: string, retract: string): void
  /** Statements of a merge; not used by DISTINCT, which adds the values that are new. */
  merge(code: string): void
  /** A slot that several aggregates of the same scope share. */
  shared(name: string, make: () => number): number
}

interface PlainGroup {
  readonly kind: 'plain'
  readonly filter: string
  readonly notNull: readonly string[]
  readonly add: string[]
  readonly retract: string[]
}

interface Value {
  readonly expr: Expr
  readonly name: string
  readonly filters: Set<string>
}

export class AggregateCode {
  readonly retracts: boolean
  readonly ordered: boolean
  /** Sets of values lie beside the accumulators. */
  readonly beside: boolean
  readonly #context: ExpressionContext
  readonly #reserved: number
  readonly #initial: string[] = []
  readonly #constants: unknown[] = []
  readonly #values: Value[] = []
  readonly #filters: { readonly expr: Expr; readonly name: string }[] = []
  readonly #groups: (PlainGroup | DistinctGroup)[] = []
  readonly #scopes = new Map<string, AggregateScope>()
  readonly #merges: string[] = []
  readonly #results: string[] = []
  readonly #checks: string[] = []
  readonly #drops: string[] = []

  constructor(
    options: {
      readonly retracts: boolean
      readonly reserved: number
      readonly ordered: boolean
      readonly beside: boolean
    },
    context: ExpressionContext,
  ) {
    this.retracts = options.retracts
    this.ordered = options.ordered
    this.beside = options.beside
    this.#reserved = options.reserved
    this.#context = context
  }

  /** A slot with its initial value as code; consecutive calls give consecutive slots. */
  slot(initial: string): number {
    return this.#reserved + this.#initial.push(initial) - 1
  }

  constant(value: unknown): string {
    const known = this.#constants.indexOf(value)
    return `k${known >= 0 ? known : this.#constants.push(value) - 1}`
  }

  /** A test of a row before anything is changed: `fail` throws where the value is NULL and the filter lets the row in. */
  refuseNull(expr: Expr, filter: Expr | undefined, fail: () => never): void {
    const filterName = filter === undefined ? '' : this.#filter(filter)
    const test = `${this.#value(expr, filterName)} === null`
    this.#checks.push(
      `if (${filterName === '' ? test : `${filterName} && ${test}`}) ${this.constant(fail)}()`,
    )
  }

  /** A slot holds the number of a set that ends with the accumulator. */
  dropSet(slot: number): void {
    this.#drops.push(`${setsName}.drop(a, ${slot})`)
  }

  result(code: string): void {
    this.#results.push(code)
  }

  scope(
    args: readonly Expr[],
    filter: Expr | undefined,
    options: { readonly distinct: boolean; readonly skipNulls: boolean },
  ): AggregateScope {
    const filterName = filter === undefined ? '' : this.#filter(filter)
    const values = args.map((arg) => this.#value(arg, filterName))
    const key = `${options.distinct}|${options.skipNulls}|${filterName}|${values.join()}`
    let scope = this.#scopes.get(key)
    if (scope === undefined) {
      scope = options.distinct
        ? this.#distinctScope(args, values, filterName, options.skipNulls)
        : this.#plainScope(values, filterName, options.skipNulls)
      this.#scopes.set(key, scope)
    }
    return scope
  }

  #plainScope(values: readonly string[], filter: string, skipNulls: boolean): AggregateScope {
    const notNull = skipNulls ? values : []
    let group = this.#groups.find(
      (each): each is PlainGroup =>
        each.kind === 'plain' && each.filter === filter && each.notNull.join() === notNull.join(),
    )
    if (group === undefined) {
      group = { kind: 'plain', filter, notNull, add: [], retract: [] }
      this.#groups.push(group)
    }
    const { add, retract } = group
    return {
      values,
      step: (adding, retracting) => {
        add.push(adding)
        retract.push(retracting)
      },
      merge: (code) => this.#merges.push(code),
      shared: memo(),
    }
  }

  #distinctScope(
    args: readonly Expr[],
    values: readonly string[],
    filter: string,
    skipNulls: boolean,
  ): AggregateScope {
    const found = this.#groups.find(
      (each) =>
        each.kind === 'distinct' &&
        each.parts.length < 30 &&
        each.skipNulls === skipNulls &&
        each.values.join() === values.join(),
    )
    let group = found?.kind === 'distinct' ? found : undefined
    if (group === undefined) {
      const plain = args.length === 1 && isPlainKind(args[0]!.type.kind)
      const slot = this.slot(this.beside ? '0' : 'new Map()')
      const tuples = plain ? undefined : this.slot(this.beside ? 'null' : 'new Map()')
      if (this.beside) this.dropSet(slot)
      group = { kind: 'distinct', slot, tuples, values, skipNulls, parts: [] }
      this.#groups.push(group)
    }
    const part = { filter, add: [] as string[], retract: [] as string[] }
    group.parts.push(part)
    return {
      values,
      step: (adding, retracting) => {
        part.add.push(adding)
        part.retract.push(retracting)
      },
      merge: () => undefined,
      shared: memo(),
    }
  }

  #filter(expr: Expr): string {
    const known = this.#filters.find((each) => sameExpr(each.expr, expr))
    if (known !== undefined) return known.name
    const name = `f${this.#filters.length}`
    this.#filters.push({ expr, name })
    return name
  }

  #value(expr: Expr, filter: string): string {
    let value = this.#values.find((each) => sameExpr(each.expr, expr))
    if (value === undefined) {
      value = { expr, name: `v${this.#values.length}`, filters: new Set() }
      this.#values.push(value)
    }
    value.filters.add(filter)
    return value.name
  }

  /** Statements that compute filters and arguments of the row `r`. */
  #loads(): string[] {
    const lines = this.#filters.map(({ expr, name }) => {
      if (expr.kind === 'column') return `const ${name} = r[${expr.index}] === true`
      return `const ${name} = ${this.constant(compilePredicate(expr, this.#context))}(r)`
    })
    for (const { expr, name, filters } of this.#values) {
      const always = filters.has('') || expr.kind !== 'call'
      const code = this.#load(expr)
      lines.push(
        always ? `const ${name} = ${code}` : `const ${name} = ${[...filters].join(' || ')} ? ${code} : null`,
      )
    }
    return lines
  }

  #load(expr: Expr): string {
    if (expr.kind === 'column') return `r[${expr.index}]`
    if (expr.kind === 'literal') {
      const narrowed: (row: Row) => SqlValue = compileExpression(expr, this.#context)
      return this.constant(narrowed([]))
    }
    return `${this.constant(compileExpression(expr, this.#context))}(r)`
  }

  #body(retract: boolean): string {
    return this.#groups
      .map((group) => {
        if (group.kind === 'distinct') return writeDistinct(group, this.#distinctOptions(retract))
        const tests = [group.filter, ...group.notNull.map((name) => `${name} !== null`)].filter(Boolean)
        const lines = (retract ? group.retract : group.add).join('\n')
        return tests.length === 0 ? lines : `if (${tests.join(' && ')}) {\n${lines}\n}`
      })
      .join('\n')
  }

  #distinctOptions(retract: boolean) {
    return {
      counted: this.retracts,
      beside: this.beside,
      does: retract ? ('retract' as const) : ('add' as const),
    }
  }

  /** The source of an object with the program's functions; `k` holds the constants. */
  source(
    arrival: string | undefined,
    keys: readonly number[],
  ): { readonly text: string; readonly constants: readonly unknown[] } {
    const loads = [...this.#loads(), ...this.#checks].join('\n')
    const number = arrival === undefined ? 'const n = 0' : `const n = ${arrival}()`
    const initial = [...new Array<string>(this.#reserved).fill('null'), ...this.#initial].join(', ')
    const merges = this.#groups.map((group) =>
      group.kind === 'distinct'
        ? writeDistinct(group, { counted: this.retracts, beside: this.beside, does: 'merge' })
        : '',
    )
    const functions = [
      `create() { return [${initial}] }`,
      `add(a, r) {\n${loads}\n${number}\n${this.#body(false)}\n}`,
      `retract(a, r) {\n${loads}\n${this.retracts ? this.#body(true) : 'throw new Error("not made to retract")'}\n}`,
      `merge(a, b) {\nconst n = 0\n${[...this.#merges, ...merges].join('\n')}\n}`,
      `drop(a) {\n${this.#drops.join('\n')}\n}`,
      `write(a, o, i) {\n${this.#results.map((code, i) => `o[i + ${i}] = ${code}`).join('\n')}\n}`,
      `results(a) {\nreturn [${this.#results.join(', ')}]\n}`,
      `output(a, r) {\nreturn [${[...keys.map((key) => `r[${key}]`), ...this.#results].join(', ')}]\n}`,
    ]
    const names = this.#constants.map((_, i) => `k${i} = k[${i}]`)
    const head = names.length === 0 ? '' : `const ${names.join(', ')}\n`
    return { text: `'use strict'\n${head}return { ${functions.join(',\n')} }`, constants: this.#constants }
  }
}

/** Values that Map tells apart as SQL does: not bytes and nested ones. */
export function isPlainKind(kind: Expr['type']['kind']): boolean {
  return !['BINARY', 'VARBINARY', 'ARRAY', 'MULTISET', 'MAP', 'ROW'].includes(kind)
}

function memo(): AggregateScope['shared'] {
  const slots = new Map<string, number>()
  return (name, make) => {
    let slot = slots.get(name)
    if (slot === undefined) {
      slot = make()
      slots.set(name, slot)
    }
    return slot
  }
}
