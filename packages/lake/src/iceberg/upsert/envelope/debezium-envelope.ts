/**
 * Change events of Debezium as JSON, with or without their schema around (`{"schema", "payload"}`): `op` is c (created), u (updated), d
 * (deleted), r (read by a snapshot) or t (truncated); `before` and `after` are rows. Tombstones, messages, heartbeats, and events of
 * schemas and transactions, which have no `op`, are filtered.
 * Numbers mean what they say: have decimals written as text and times by the connector's `connect` precision.
 */
import { found, JsonLocator, skipSpace } from '@millrace/values'
import { type Envelope, misfit, moved, unreadable } from './envelope.ts'

const decoder = new TextDecoder()

export function makeDebeziumEnvelope(): Envelope {
  const locator = new JsonLocator()
  const slotsOf = (...prefix: string[]) => ({
    op: locator.addPath([...prefix, 'op']),
    before: locator.addPath([...prefix, 'before']),
    after: locator.addPath([...prefix, 'after']),
  })
  const payload = locator.addPath(['payload'])
  const inside = slotsOf('payload')
  const outside = slotsOf()
  const { kinds, starts, ends } = locator
  return {
    read(bytes, sink) {
      if (skipSpace(bytes, 0, bytes.length) === bytes.length) return 'filtered'
      const problem = locator.locate(bytes, 0, bytes.length)
      if (problem !== null) return unreadable(problem.offset, problem.reason)
      const slots = kinds[payload] === found.object ? inside : outside
      const op =
        kinds[slots.op] === found.string
          ? decoder.decode(bytes.subarray(starts[slots.op], ends[slots.op]))
          : undefined
      const row = (slot: number) =>
        kinds[slot] === found.object ? { bytes, start: starts[slot] ?? 0, end: ends[slot] ?? 0 } : undefined
      const before = row(slots.before)
      const after = row(slots.after)
      switch (op) {
        case undefined:
        case 'm':
          return 'filtered'
        case 't':
          sink.truncate()
          return 'taken'
        case 'c':
        case 'r':
          if (after === undefined)
            return misfit(`A change event of op ${op} has a row "after"; this one has none.`)
          return sink.upsert(bytes, after.start, after.end) ?? 'taken'
        case 'u':
          if (after === undefined)
            return misfit('A change event of op u has a row "after"; this one has none.')
          return (
            (before === undefined
              ? sink.upsert(bytes, after.start, after.end)
              : moved(sink, before, after)) ?? 'taken'
          )
        case 'd':
          if (before === undefined)
            return misfit(
              'A change event of op d has a row "before", with the key at least; this one has none.',
            )
          return sink.remove(bytes, before.start, before.end) ?? 'taken'
        default:
          return misfit(`"op" is ${JSON.stringify(op)}; it has to be c, u, d, r, t or m.`)
      }
    },
  }
}
