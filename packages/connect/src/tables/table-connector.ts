/**
 * Connectors of SQL tables by name: what `'connector' = 'datagen'` in a CREATE TABLE stands for. A table that is read is fed
 * by a source into a stream of its own; a table that is written ends in a stream that a sink function reads. So both sides
 * are exactly-once by the commits of the runtime, as far as what lies outside allows.
 */
import type { FunctionHandler, SourceFactory } from '@millrace/runtime'
import { keyTextClass, partitionKeyNames, physicalFields, type TableInfo } from '@millrace/sql'
import { ConnectError, shown } from '../errors.ts'

/** What a connector may use of its host. */
export interface ConnectorHost {
  /** Relative paths in options are relative to this folder, that of the program. */
  readonly folder: string
  /** Prints one line for people (`print`), to standard output unless said otherwise. */
  print(line: string, to?: 'output' | 'error'): void
}

export interface TableConnector {
  readonly name: string
  /** Option names besides `connector` and those of the format; a name that ends in '.*' stands for all with that beginning. */
  readonly options: readonly string[]
  /** Feeds the table; absent: the table cannot be read. */
  source?(table: TableInfo, host: ConnectorHost): SourceFactory
  /**
   * Takes the records of the table's stream, as the table's format wrote them. 'nothing': the changes are dropped unread;
   * absent: the table cannot be written.
   */
  sink?(table: TableInfo, host: ConnectorHost): FunctionHandler | 'nothing'
  /** The file whose lines lookup joins find, if the table can be asked. */
  lookupFile?(table: TableInfo, host: ConnectorHost): string
}

export type TableConnectors = ReadonlyMap<string, TableConnector>

/** Error TABLE_OPTION: an option that the connector does not have. */
export function checkOptions(table: TableInfo, connector: TableConnector): void {
  const allowed = [...connector.options, ...generalOptions]
  for (const name of Object.keys(table.options)) {
    const known = allowed.some(
      (each) => each === name || (each.endsWith('.*') && name.startsWith(each.slice(0, -1))),
    )
    if (known) continue
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: the connector '${connector.name}' has no option '${name}'. It has ${connector.options.map((each) => `'${each}'`).join(', ') || 'none of its own'}.`,
    )
  }
}

/** Options of every table: the format, the watermark, and what other planners read. */
const generalOptions = [
  'connector',
  'stream',
  'shards',
  'partition-key',
  'connector.*',
  'format',
  'format.*',
  'json.*',
  'csv.*',
  'raw.*',
  'debezium-json.*',
  'scan.watermark.*',
  'scan.parallelism',
  'sink.parallelism',
  'changelog-mode',
]

/**
 * Where the columns of 'partition-key' stand among the physical columns; none if the option is not set. Error TABLE_OPTION: no
 * such column, or one whose values have no single text.
 */
export function partitionColumns(table: TableInfo): readonly number[] {
  const fields = physicalFields(table)
  return partitionKeyNames(table.options).map((name) => {
    const index = fields.findIndex((field) => field.name === name)
    const field = fields[index]
    if (field !== undefined && keyTextClass(field.type) !== undefined) return index
    const able = fields.flatMap((each) => (keyTextClass(each.type) === undefined ? [] : [each.name]))
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: 'partition-key' names ${shown(name)}. Allowed: physical columns of whole numbers, STRING or BOOLEAN (${able.join(', ') || 'this table has none'}), several of them separated by ';'.`,
    )
  })
}

/** An integer option. Error TABLE_OPTION. */
export function integerOption(
  table: TableInfo,
  name: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const text = table.options[name]
  if (text === undefined) return undefined
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new ConnectError(
    'TABLE_OPTION',
    `table ${table.name}: '${name}' is ${shown(text)}. Allowed: a whole number from ${range.min} to ${range.max}.`,
  )
}

/** A text option that has to be there. Error TABLE_OPTION. */
export function requiredOption(table: TableInfo, name: string, example: string): string {
  const text = table.options[name]
  if (text !== undefined && text !== '') return text
  throw new ConnectError(
    'TABLE_OPTION',
    `table ${table.name}: '${name}' is missing. Write '${name}' = '${example}'.`,
  )
}
