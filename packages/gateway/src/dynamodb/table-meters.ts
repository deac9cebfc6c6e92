/**
 * What calls on tables report. Handles are kept by table, so that a call costs a few additions; series are made for tables
 * that exist only, since a client may name any.
 */
import type { Store } from '@millrace/store'
import { parseTableArn } from '@millrace/values'
import type { Meter, MetricHandle } from '../metrics/meter.ts'
import type { DynamodbMetric } from '../metrics/metric-catalogue.ts'

/** Handles of tables above this number are looked up anew each time; it bounds the memory of the cache. */
const TABLES_MAX = 1000

export class TableMeters {
  readonly #meter: Meter
  readonly #store: Store
  readonly #byTable = new Map<string, Map<string, MetricHandle>>()

  constructor(meter: Meter, store: Store) {
    this.#meter = meter
    this.#store = store
  }

  /** Of a table that exists. */
  observe(metric: DynamodbMetric, table: string, value: number, operation?: string): void {
    let handles = this.#byTable.get(table)
    if (handles === undefined) {
      if (this.#byTable.size >= TABLES_MAX) this.#byTable.clear()
      handles = new Map()
      this.#byTable.set(table, handles)
    }
    const key = operation === undefined ? metric : `${metric} ${operation}`
    let handle = handles.get(key)
    if (handle === undefined) {
      handle = this.#meter.metric(metric, operation === undefined ? { table } : { table, operation })
      handles.set(key, handle)
    }
    handle.observe(value)
  }

  succeeded(operation: string, input: unknown, ms: number): void {
    for (const table of this.#tables(input)) this.observe('SuccessfulRequestLatency', table, ms, operation)
  }

  /** `type`: of the WireError that the call ended with. */
  failed(operation: string, input: unknown, type: string): void {
    for (const table of this.#tables(input)) {
      if (type === 'ProvisionedThroughputExceededException') {
        this.observe('ThrottledRequests', table, 1, operation)
      } else if (type === 'ConditionalCheckFailedException') {
        this.observe('ConditionalCheckFailedRequests', table, 1)
      } else this.observe('UserErrors', table, 1)
    }
  }

  /** Those that a call names and that exist. */
  #tables(input: unknown): string[] {
    return namedTables(input).filter((name) => this.#store.tableEntry(name) !== undefined)
  }
}

/** Inputs name a table, several by their names, or one in each action. */
function namedTables(input: unknown): string[] {
  // Where inputs have these members, their shapes have checked them.
  const { TableName, RequestItems, TransactItems } = input as {
    readonly TableName?: string
    readonly RequestItems?: object
    readonly TransactItems?: readonly Readonly<Record<string, { readonly TableName?: string } | undefined>>[]
  }
  if (TableName !== undefined) return [nameOf(TableName)]
  if (RequestItems !== undefined) return Object.keys(RequestItems).map(nameOf)
  if (TransactItems === undefined) return []
  const names = TransactItems.flatMap((item) =>
    Object.values(item).flatMap((action) =>
      action?.TableName === undefined ? [] : [nameOf(action.TableName)],
    ),
  )
  return [...new Set(names)]
}

function nameOf(given: string): string {
  return given.startsWith('arn:') ? (parseTableArn(given)?.table ?? given) : given
}
