/**
 * `'connector' = 'print'`: each change as a line, in Flink's form `+I[1, a]`, with 'print-identifier' in front; and
 * `'connector' = 'blackhole'`, which takes everything and keeps nothing.
 */
import type { TableConnector } from './table-connector.ts'

export const printConnector: TableConnector = {
  name: 'print',
  options: ['print-identifier', 'standard-error'],
  sink(table, host) {
    const prefix = table.options['print-identifier']
    return (records) => {
      for (const record of records) {
        const { before, after, op } = record.json<{
          before: object | null
          after: object | null
          op: string
        }>()
        const values = Object.values((op === 'd' ? before : after) ?? {}).map(shownValue)
        host.print(
          `${prefix === undefined ? '' : `${prefix}> `}${op === 'd' ? '-D' : '+I'}[${values.join(', ')}]`,
        )
      }
    }
  },
}

export const blackholeConnector: TableConnector = {
  name: 'blackhole',
  options: ['property-version'],
  sink: () => 'nothing',
}

function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
