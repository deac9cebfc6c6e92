/**
 * Messages of a migration task (the form of AWS DMS on streams): `data` is the row, `metadata.operation` says what happened to it.
 *   load, insert, update   the row as it is now     delete   `data` holds the key at least
 *   control                changes of tables: filtered
 * With `before-image` the old key of an update is known, so that a changed key moves its row. A null or empty column may be left out of
 * `data`, so what is absent is null.
 */
import { found, JsonLocator } from '@millrace/values'
import { type Envelope, misfit, moved, unreadable } from './envelope.ts'

const decoder = new TextDecoder()

export function makeDmsEnvelope(): Envelope {
  const locator = new JsonLocator()
  const [data, before, type, operation] = [
    locator.addPath(['data']),
    locator.addPath(['before-image']),
    locator.addPath(['metadata', 'record-type']),
    locator.addPath(['metadata', 'operation']),
  ]
  const { kinds, starts, ends } = locator
  const text = (bytes: Uint8Array, slot: number) =>
    kinds[slot] === found.string ? decoder.decode(bytes.subarray(starts[slot], ends[slot])) : undefined
  const place = (bytes: Uint8Array, slot: number) => ({
    bytes,
    start: starts[slot] ?? 0,
    end: ends[slot] ?? 0,
  })
  return {
    read(bytes, sink) {
      const problem = locator.locate(bytes, 0, bytes.length)
      if (problem !== null) return unreadable(problem.offset, problem.reason)
      if (text(bytes, type) === 'control') return 'filtered'
      const what = text(bytes, operation)
      if (kinds[data] !== found.object) {
        return misfit(
          `A message of a migration task has an object "data"; this one (operation ${JSON.stringify(what)}) has none.`,
        )
      }
      const row = place(bytes, data)
      switch (what) {
        case 'update':
          return (
            (kinds[before] === found.object
              ? moved(sink, place(bytes, before), row)
              : sink.upsert(row.bytes, row.start, row.end)) ?? 'taken'
          )
        case 'load':
        case 'insert':
          return sink.upsert(row.bytes, row.start, row.end) ?? 'taken'
        case 'delete':
          return sink.remove(row.bytes, row.start, row.end) ?? 'taken'
        default:
          return misfit(
            `"metadata.operation" is ${JSON.stringify(what)}; it has to be load, insert, update or delete, or "metadata.record-type" control.`,
          )
      }
    },
  }
}
