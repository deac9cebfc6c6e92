/**
 * Conditions of a statement as a predicate of an Iceberg scan: comparisons of a column with a constant, lists, ranges and tests for null,
 * put together by AND and OR. What is more than that is left out of an AND, and makes an OR say nothing; rows are filtered by DuckDB all
 * the same, so a predicate may be too weak and never too strong.
 *
 * Constants are evaluated by DuckDB as values of the column's type, and used only if that changes them in nothing.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { toValueType } from '../iceberg/format/iceberg-schema.ts'
import { valueOfText } from '../iceberg/format/value-text.ts'
import type { ScanPredicate, SingleValue } from '../iceberg/table-port.ts'
import { duckTypeText } from '../schema/duck-type.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { expressionText } from './expression-text.ts'
import type { PartitionFilter } from './partition-filter.ts'
import { childNodes, isNode, listOf, nodeOf, type SyntaxNode, textOf } from './syntax-tree.ts'

/** Of all references of a table together; undefined: every file is needed. */
export async function scanPredicate(
  connection: DuckDBConnection,
  columns: readonly LakeColumn[],
  filters: readonly PartitionFilter[],
): Promise<ScanPredicate | undefined> {
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]))
  const reader = new PredicateReader(connection, byName)
  const terms: ScanPredicate[] = []
  for (const { conditions } of filters) {
    const term = await reader.all(conditions)
    if (term === undefined) return undefined
    terms.push(term)
  }
  return terms.length === 0 ? undefined : combine('or', terms)
}

type Compare = Extract<ScanPredicate, { kind: 'compare' }>['operator']

const operators: Readonly<Record<string, { readonly plain: Compare; readonly turned: Compare }>> = {
  COMPARE_EQUAL: { plain: '=', turned: '=' },
  COMPARE_NOTEQUAL: { plain: '!=', turned: '!=' },
  COMPARE_LESSTHAN: { plain: '<', turned: '>' },
  COMPARE_LESSTHANOREQUALTO: { plain: '<=', turned: '>=' },
  COMPARE_GREATERTHAN: { plain: '>', turned: '<' },
  COMPARE_GREATERTHANOREQUALTO: { plain: '>=', turned: '<=' },
}

class PredicateReader {
  readonly #connection: DuckDBConnection
  readonly #columns: ReadonlyMap<string, LakeColumn>

  constructor(connection: DuckDBConnection, columns: ReadonlyMap<string, LakeColumn>) {
    this.#connection = connection
    this.#columns = columns
  }

  /** What is known of rows for which all of these hold. */
  async all(conditions: readonly SyntaxNode[]): Promise<ScanPredicate | undefined> {
    const terms: ScanPredicate[] = []
    for (const condition of conditions) {
      const term = await this.#read(condition)
      if (term !== undefined) terms.push(term)
    }
    return terms.length === 0 ? undefined : combine('and', terms)
  }

  async #read(node: SyntaxNode): Promise<ScanPredicate | undefined> {
    const type = textOf(node, 'type')
    if (type === 'CONJUNCTION_AND') return this.all(childrenOf(node))
    if (type === 'CONJUNCTION_OR') {
      const terms: ScanPredicate[] = []
      for (const child of childrenOf(node)) {
        const term = await this.#read(child)
        if (term === undefined) return undefined
        terms.push(term)
      }
      return combine('or', terms)
    }
    if (type === 'COMPARE_BETWEEN') return this.#between(node)
    const children = childrenOf(node)
    const column = this.#columnOf(children[0])
    if (type === 'OPERATOR_IS_NULL' || type === 'OPERATOR_IS_NOT_NULL')
      return column && { kind: type === 'OPERATOR_IS_NULL' ? 'null' : 'not-null', column: column.name }
    if (type === 'COMPARE_IN') return column && this.#in(column, children.slice(1))
    return this.#comparison(node, operators[type])
  }

  async #comparison(
    node: SyntaxNode,
    operator: { readonly plain: Compare; readonly turned: Compare } | undefined,
  ): Promise<ScanPredicate | undefined> {
    const left = nodeOf(node, 'left')
    const right = nodeOf(node, 'right')
    if (operator === undefined || left === undefined || right === undefined) return undefined
    const column = this.#columnOf(left)
    if (column !== undefined) return this.#compare(column, operator.plain, right)
    const turned = this.#columnOf(right)
    return turned && this.#compare(turned, operator.turned, left)
  }

  async #compare(
    column: LakeColumn,
    operator: Compare,
    constant: SyntaxNode,
  ): Promise<ScanPredicate | undefined> {
    const value = await this.#valueOf(column, constant)
    return value === undefined ? undefined : { kind: 'compare', column: column.name, operator, value }
  }

  async #between(node: SyntaxNode): Promise<ScanPredicate | undefined> {
    const [input, lower, upper] = ['input', 'lower', 'upper'].map((member) => nodeOf(node, member))
    const column = this.#columnOf(input)
    if (column === undefined || lower === undefined || upper === undefined) return undefined
    const from = await this.#compare(column, '>=', lower)
    const to = await this.#compare(column, '<=', upper)
    const terms = [from, to].filter((term) => term !== undefined)
    return terms.length === 0 ? undefined : combine('and', terms)
  }

  async #in(column: LakeColumn, constants: readonly SyntaxNode[]): Promise<ScanPredicate | undefined> {
    const values: SingleValue[] = []
    for (const constant of constants) {
      const value = await this.#valueOf(column, constant)
      if (value === undefined) return undefined
      values.push(value)
    }
    return { kind: 'in', column: column.name, values }
  }

  #columnOf(node: SyntaxNode | undefined): LakeColumn | undefined {
    if (node === undefined || textOf(node, 'class') !== 'COLUMN_REF') return undefined
    const [name, ...more] = listOf(node, 'column_names')
    return more.length > 0 ? undefined : this.#columns.get(String(name).toLowerCase())
  }

  /** Undefined: it is no constant, or none of the column's type. */
  async #valueOf({ type }: LakeColumn, constant: SyntaxNode): Promise<SingleValue | undefined> {
    const valueType = toValueType(type)
    if (valueType === undefined || hasColumn(constant)) return undefined
    try {
      const text = await expressionText(this.#connection, constant)
      const cast = `CAST((${text}) AS ${duckTypeText(type)})`
      const reader = await this.#connection.runAndReadAll(
        `SELECT CAST(${cast} AS VARCHAR), ${cast} = (${text})`,
      )
      const [value, isSame] = reader.getRows()[0] ?? []
      return typeof value === 'string' && isSame === true ? valueOfText(valueType, value) : undefined
    } catch {
      // A cast that fails: the query itself will say so, if it comes to that.
      return undefined
    }
  }
}

function combine(kind: 'and' | 'or', terms: readonly ScanPredicate[]): ScanPredicate {
  const [only] = terms
  return terms.length === 1 && only !== undefined ? only : { kind, terms }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  return listOf(node, 'children').filter(isNode)
}

function hasColumn(node: SyntaxNode): boolean {
  return textOf(node, 'class') === 'COLUMN_REF' || [...childNodes(node)].some(hasColumn)
}
