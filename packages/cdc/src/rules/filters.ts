/**
 * Filters of selection rules: which rows of a table are captured. The filters of a rule must all hold, of a filter's conditions one; a
 * negative condition stands alone. Several include rules of one table: one of them must let the row through. SQL's null: a
 * comparison with it does not hold. A value that the log does not tell lets the row through, since nothing says that it is out.
 */
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { Column, TableSchema } from '../model/table-schema.ts'
import { compareToConstant, constantsOf } from './compare-value.ts'
import type { RuleReader } from './rule-reader.ts'
import type { SelectionRule } from './selection.ts'

/** Undefined: cannot be told. */
export type RowTest = (row: Row) => boolean | undefined

const operators = ['eq', 'noteq', 'gte', 'ste', 'between', 'notbetween', 'null', 'notnull'] as const
type Operator = (typeof operators)[number]
const negative: readonly Operator[] = ['noteq', 'notbetween', 'notnull']

/** Checks what can be seen without a schema, so that a wrong rule is refused before anything is read. */
export function checkFilters(filters: readonly RuleReader[]): void {
  for (const filter of filters) {
    filter.onlyHas(['filter-type', 'column-name', 'filter-conditions'])
    filter.oneOf('filter-type', ['source'])
    filter.text('column-name')
    const conditions = filter.items('filter-conditions')
    if (conditions.length === 0) throw filter.error('filter-conditions', 'a list of at least one condition')
    for (const condition of conditions) {
      condition.onlyHas(['filter-operator', 'value', 'start-value', 'end-value'])
      const operator = condition.oneOf('filter-operator', operators)
      if (negative.includes(operator) && conditions.length > 1)
        throw condition.error(
          'filter-operator',
          'a negative operator as the only condition of its filter',
          'Conditions of a filter are joined by OR: write one filter for each, they are joined by AND.',
        )
      for (const member of membersOf(operator)) constant(condition, member)
    }
  }
}

/** The test of the rules that include a table; undefined: every row passes. */
export function compileFilters(rules: readonly SelectionRule[], schema: TableSchema): RowTest | undefined {
  if (rules.length === 0 || rules.some(({ filters }) => filters.length === 0)) return undefined
  return anyOf(rules.map(({ filters }) => allOf(filters.map((filter) => compileFilter(filter, schema)))))
}

function compileFilter(filter: RuleReader, schema: TableSchema): RowTest {
  const name = filter.text('column-name')
  const index = schema.columns.findIndex((column) => column.name === name)
  const column = schema.columns[index]
  if (column === undefined)
    throw filter.error(
      'column-name',
      `a column of ${schema.schema}.${schema.table}: ${schema.columns.map((c) => c.name).join(', ')}`,
      'Names are case-sensitive.',
    )
  const conditions = filter.items('filter-conditions').map((condition) => {
    const test = compileCondition(condition, column)
    return (row: Row) => (row[index] === undefined ? undefined : test(row[index]))
  })
  return anyOf(conditions)
}

function compileCondition(condition: RuleReader, column: Column): (value: ColumnValue) => boolean {
  const operator = condition.oneOf('filter-operator', operators)
  if (operator === 'null') return (value) => value === null
  if (operator === 'notnull') return (value) => value !== null
  const [first, second] = membersOf(operator).map((member) => {
    const compare = compareToConstant(column.type, constant(condition, member))
    if (compare === undefined)
      throw condition.error(member, `${constantsOf(column.type)} (column ${JSON.stringify(column.name)})`)
    return compare
  })
  const holds = (value: NonNullable<ColumnValue>): boolean => {
    const order = first!(value)
    if (operator === 'eq') return order === 0
    if (operator === 'noteq') return order !== 0
    if (operator === 'gte') return order >= 0
    if (operator === 'ste') return order <= 0
    const isBetween = order >= 0 && second!(value) <= 0
    return operator === 'between' ? isBetween : !isBetween
  }
  return (value) => value !== null && value !== undefined && holds(value)
}

function membersOf(operator: Operator): readonly ('value' | 'start-value' | 'end-value')[] {
  if (operator === 'null' || operator === 'notnull') return []
  return operator === 'between' || operator === 'notbetween' ? ['start-value', 'end-value'] : ['value']
}

/** Texts, as DMS writes all of them; numbers and booleans are taken at their word. */
function constant(condition: RuleReader, member: string): string {
  const value = condition.value(member)
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value)
  throw condition.error(member, 'a text')
}

function allOf(tests: readonly RowTest[]): RowTest {
  return (row) => {
    let result: boolean | undefined = true
    for (const test of tests) {
      const holds = test(row)
      if (holds === false) return false
      if (holds === undefined) result = undefined
    }
    return result
  }
}

function anyOf(tests: readonly RowTest[]): RowTest {
  return (row) => {
    let result: boolean | undefined = false
    for (const test of tests) {
      const holds = test(row)
      if (holds === true) return true
      if (holds === undefined) result = undefined
    }
    return result
  }
}
