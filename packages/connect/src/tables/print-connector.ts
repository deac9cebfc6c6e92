/**
 * `'connector' = 'print'`: each change as a line, in Flink's form `+I[1, a]`, with 'print-identifier' in front; and
 * `'connector' = 'blackhole'`, which takes everything and keeps nothing.
 *
 * Its records are written as debezium-json whatever the table's format, since that has a form for every kind of change; they
 * are read by the table's types again, so a DECIMAL keeps its last zeros and a BIGINT all of its digits.
 */
import { decoderOf, physicalFields, plainValue, type Row, rowKindText } from '@millrace/sql'
import { ConnectError, shown } from '../errors.ts'
import type { TableConnector } from './table-connector.ts'

export const printConnector: TableConnector = {
  name: 'print',
  options: ['print-identifier', 'standard-error'],
  sink(table, host) {
    const toError = table.options['standard-error'] ?? 'false'
    if (toError !== 'true' && toError !== 'false')
      throw new ConnectError(
        'TABLE_OPTION',
        `table ${table.name}: 'standard-error' is ${shown(toError)}. Allowed: 'true', 'false'.`,
      )
    const identifier = table.options['print-identifier']
    const prefix = identifier === undefined ? '' : `${identifier}> `
    const fields = physicalFields(table)
    const decoder = decoderOf({ ...table, options: { format: 'debezium-json' } })
    const cell = (value: Row[number], index: number) => {
      const plain = plainValue(value, fields[index]!.type)
      return typeof plain === 'string' ? plain : JSON.stringify(plain)
    }
    return (records) => {
      for (const record of records)
        decoder.decode(record.data, (row, kind) =>
          host.print(
            `${prefix}${rowKindText[kind]}[${row.map(cell).join(', ')}]`,
            toError === 'true' ? 'error' : 'output',
          ),
        )
    }
  },
}

export const blackholeConnector: TableConnector = {
  name: 'blackhole',
  options: ['property-version'],
  sink: () => 'nothing',
}
