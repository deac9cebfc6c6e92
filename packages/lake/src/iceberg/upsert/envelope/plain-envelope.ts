/** Records that are rows: one JSON object, or several one after the other. Each is the row of its key as it is now. */
import { skipSpace, skipValue } from '@millrace/values'
import { type Envelope, unreadable } from './envelope.ts'

const openBrace = 123

export const plainEnvelope: Envelope = {
  read(data, sink) {
    let at = skipSpace(data, 0, data.length)
    if (at >= data.length) return unreadable(0, 'it is empty')
    while (at < data.length) {
      const end = data[at] === openBrace ? skipValue(data, at, data.length, 0) : -1
      if (end < 0) return unreadable(at, 'a JSON object should be here')
      const fault = sink.upsert(data, at, end)
      if (fault !== undefined) return fault
      at = skipSpace(data, end, data.length)
    }
    return 'taken'
  },
}
