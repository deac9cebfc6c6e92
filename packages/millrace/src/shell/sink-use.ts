/** What becomes of the changes of a sink where a program is run to be looked at. */
import type { Sink } from '@millrace/sql'

export type SinkUse = 'shown' | 'dropped' | 'stream' | 'outside'

/** A bare SELECT and a table with the connector `print` are shown. */
export function sinkUse({ table }: Sink): SinkUse {
  switch (table === undefined ? 'print' : (table.options.connector ?? 'stream')) {
    case 'print':
      return 'shown'
    case 'blackhole':
      return 'dropped'
    case 'stream':
      return 'stream'
    default:
      return 'outside'
  }
}
