/** Where a reader begins when it has no position yet, as options say it. */
import { ConnectError, shown } from '../errors.ts'
import type { StartPosition } from './kinesis-stream-port.ts'

export type StartOption = 'trim-horizon' | 'latest' | Date

/** Error: KINESIS_OPTION. */
export function startPosition(user: string, from: StartOption): StartPosition {
  if (from === 'trim-horizon') return { type: 'TRIM_HORIZON' }
  if (from === 'latest') return { type: 'LATEST' }
  if (from instanceof Date && Number.isFinite(from.getTime())) {
    return { type: 'AT_TIMESTAMP', timeMs: from.getTime() }
  }
  throw new ConnectError(
    'KINESIS_OPTION',
    `${user}: "from" must be "trim-horizon", "latest" or a Date, but is ${shown(from)}.`,
  )
}
