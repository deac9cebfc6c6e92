/**
 * Inputs of a program whose columns nobody has given: names that it reads and does not declare, with the columns that it
 * uses. Types are guessed from the uses: that of the column a value is inserted into, numbers where it counts, times where
 * it cuts time, text otherwise. A guess may be wrong; whoever uses it says so.
 *
 * An undeclared side of a join without any window is taken for a reference table.
 */
import type { Field, SqlType } from '@millrace/values'
import type { Expression, FromItem, InsertStatement, Query, SelectQuery, Tree } from '../syntax/tree.ts'
import type { KdaTypes } from './kda-types.ts'
import type { TranslateInput } from './program-translator.ts'
import { someNode } from './tree-map.ts'

export interface Inferred {
  readonly inputs: readonly TranslateInput[]
  readonly references: readonly TranslateInput[]
}

const textType: SqlType = { kind: 'VARCHAR', length: 255 }
const numberType: SqlType = { kind: 'DOUBLE' }
const timeType: SqlType = { kind: 'TIMESTAMP' }
const numeric = new Set([
  'SUM',
  'AVG',
  'ABS',
  'LN',
  'LOG10',
  'EXP',
  'POWER',
  'MOD',
  'STDDEV_SAMP',
  'STDDEV_POP',
])
const temporal = new Set(['TSDIFF', 'UNIX_TIMESTAMP'])

interface Guess {
  readonly columns: Map<string, SqlType | undefined>
  isTable: boolean
}
interface Leaf {
  readonly alias: string
  /** Undefined for what the program declares itself. */
  readonly guess: Guess | undefined
}

export function inferInputs(tree: Tree, known: ReadonlySet<string>, types: KdaTypes): Inferred {
  const walk = new InputWalk(known)
  for (const statement of tree.statements) {
    if (statement.kind === 'create-stream')
      walk.declare(
        statement.name.name,
        statement.columns.map(({ name, type }) => ({
          name: name.name,
          type: types.resolve(type),
          nullable: true,
        })),
      )
    else if (statement.kind === 'create-view') {
      walk.query(statement.query, undefined)
      walk.declare(statement.name.name, [])
    } else if (statement.kind === 'create-pump') walk.insert(statement.insert)
    else if (statement.kind === 'query') walk.query(statement.query, undefined)
  }
  return walk.result()
}

class InputWalk {
  readonly #known: Set<string>
  readonly #targets = new Map<string, readonly Field[]>()
  readonly #guesses = new Map<string, Guess>()

  constructor(known: ReadonlySet<string>) {
    this.#known = new Set(known)
  }

  declare(name: string, fields: readonly Field[]): void {
    this.#known.add(name)
    this.#targets.set(name, fields)
  }

  insert({ target, columns, query }: InsertStatement): void {
    const fields = this.#targets.get(target.name) ?? []
    const ordered = columns?.map(({ name }) => fields.find((field) => field.name === name)) ?? fields
    this.query(
      query,
      ordered.filter((field) => field !== undefined),
    )
  }

  query(query: Query, target: readonly Field[] | undefined): void {
    if (query.kind === 'set') for (const branch of query.branches) this.query(branch, target)
    else if (query.kind === 'select') this.#select(query, target)
  }

  result(): Inferred {
    const made = (isTable: boolean): TranslateInput[] =>
      [...this.#guesses].flatMap(([name, guess]) =>
        guess.isTable === isTable
          ? [
              {
                name,
                fields: [...guess.columns].map(
                  ([column, type]): Field => ({ name: column, type: type ?? textType, nullable: true }),
                ),
              },
            ]
          : [],
      )
    return { inputs: made(false), references: made(true) }
  }

  #select(select: SelectQuery, target: readonly Field[] | undefined): void {
    const { from } = select
    if (from === undefined) return
    const leaves = this.#leaves(from)
    const items = select.items.filter((each) => each.kind !== 'item' || each.alias?.name !== 'ROWTIME')
    for (const [i, each] of items.entries()) {
      if (each.kind === 'star') this.#star(leaves, items.length === 1 ? target : undefined)
      else this.#uses(leaves, each.expression, target?.[i]?.type)
    }
    for (const each of select.items)
      if (each.kind === 'item' && each.alias?.name === 'ROWTIME')
        this.#uses(leaves, each.expression, timeType)
    const rest = [
      select.where,
      select.groupBy,
      select.having,
      select.windows,
      select.stagger,
      joinConditions(from),
    ]
    this.#uses(leaves, rest, undefined)
  }

  #leaves(from: FromItem): Leaf[] {
    if (from.kind === 'join') {
      const [left, right] = [this.#leaves(from.left), this.#leaves(from.right)]
      if (!hasWindow(from.left) && !hasWindow(from.right)) {
        const tables = from.join === 'RIGHT' ? left : right
        for (const { guess } of tables) if (guess !== undefined) guess.isTable = true
      }
      return [...left, ...right]
    }
    const alias = from.alias?.name
    if (from.kind === 'derived') this.query(from.query, undefined)
    if (from.kind === 'function') this.#cursor(from.call.args)
    if (from.kind !== 'named') return [{ alias: alias ?? '', guess: undefined }]
    const name = from.name.at(-1)!.name
    return [{ alias: alias ?? name, guess: this.#guess(name) }]
  }

  #guess(name: string): Guess | undefined {
    if (this.#known.has(name)) return undefined
    const guess = this.#guesses.get(name) ?? { columns: new Map(), isTable: false }
    this.#guesses.set(name, guess)
    return guess
  }

  /** The columns that a table function is told by name. */
  #cursor(args: readonly Expression[] | 'star' | 'none'): void {
    if (typeof args === 'string') return
    const [cursor, column] = args
    if (cursor?.kind !== 'subquery') return
    this.query(cursor.query, undefined)
    const { query } = cursor
    if (column?.kind !== 'string' || query.kind !== 'select' || query.from === undefined) return
    const [leaf] = this.#leaves(query.from)
    if (query.items.some(({ kind }) => kind === 'star')) note(leaf, column.value.toUpperCase(), undefined)
  }

  #star(leaves: readonly Leaf[], target: readonly Field[] | undefined): void {
    if (leaves.length === 1) for (const { name, type } of target ?? []) note(leaves[0], name, type)
  }

  /** Every name below a part; `type` is that of the part itself. */
  #uses(leaves: readonly Leaf[], part: unknown, type: SqlType | undefined): void {
    if (Array.isArray(part)) for (const each of part) this.#uses(leaves, each, type)
    else if (typeof part === 'object' && part !== null) this.#node(leaves, part, type)
  }

  #node(leaves: readonly Leaf[], part: object, type: SqlType | undefined): void {
    // Parts of a tree are expressions or records of them; the kinds asked for below are those of expressions.
    const node = part as Expression
    switch (node.kind) {
      case 'name':
        use(leaves, node.parts, type)
        return
      case 'subquery':
        this.query(node.query, undefined)
        return
      case 'binary': {
        const arithmetic = ['+', '-', '*', '/', '%'].includes(node.op)
        const sides = [node.left, node.right]
        const sure = sides.map((side) => literalType(side)).find((each) => each !== undefined)
        const interval = sides.some((side) => someNode(side, ({ kind }) => kind === 'interval'))
        this.#uses(leaves, sides, arithmetic ? (interval ? timeType : numberType) : sure)
        return
      }
      case 'cast':
        this.#uses(leaves, node.operand, undefined)
        return
      case 'round-to-unit':
      case 'extract':
      case 'step':
        this.#uses(leaves, node.operand, timeType)
        return
      case 'between':
        this.#uses(leaves, node.operand, literalType(node.low))
        return
      case 'call': {
        const name = node.name.name.toUpperCase()
        const wanted = numeric.has(name)
          ? numberType
          : temporal.has(name)
            ? timeType
            : ['MIN', 'MAX', 'LAG', 'FIRST_VALUE', 'LAST_VALUE', 'COALESCE', 'NULLIF'].includes(name)
              ? type
              : name.endsWith('_TO_CHAR')
                ? timeType
                : undefined
        this.#uses(leaves, node.args, wanted)
        this.#uses(leaves, node.over, undefined)
        return
      }
      default:
        for (const [key, value] of Object.entries(part))
          if (key !== 'span') this.#uses(leaves, value, undefined)
    }
  }
}

function use(
  leaves: readonly Leaf[],
  parts: readonly { readonly name: string }[],
  type: SqlType | undefined,
): void {
  const column = parts.at(-1)!.name
  if (column === 'ROWTIME') return
  const named = parts.length > 1 ? leaves.find(({ alias }) => alias === parts[0]!.name) : undefined
  const only =
    parts.length === 1
      ? leaves.length === 1
        ? leaves[0]
        : leaves.find(({ guess }) => guess !== undefined)
      : undefined
  note(named ?? only, column, type)
}

/** The first type that is known of a column stays. */
function note(leaf: Leaf | undefined, column: string, type: SqlType | undefined): void {
  const columns = leaf?.guess?.columns
  if (columns !== undefined && (columns.get(column) === undefined || !columns.has(column)))
    columns.set(column, type)
}

function literalType(expression: Expression): SqlType | undefined {
  if (expression.kind === 'number') return numberType
  if (expression.kind === 'string') return textType
  return expression.kind === 'datetime' ? { kind: expression.type } : undefined
}

function hasWindow(from: FromItem): boolean {
  return from.kind === 'join' ? hasWindow(from.left) || hasWindow(from.right) : from.over !== undefined
}

function joinConditions(from: FromItem): readonly Expression[] {
  if (from.kind !== 'join') return []
  const own = from.on === undefined ? [] : [from.on]
  return [...own, ...joinConditions(from.left), ...joinConditions(from.right)]
}
