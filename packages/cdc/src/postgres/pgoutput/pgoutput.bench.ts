/**
 * What decoding of pgoutput costs. After `npm run build`:
 *
 *   node node_modules/.bin/jiti packages/cdc/src/postgres/pgoutput/pgoutput.bench.ts
 *
 * Changes a second of processor time (median, least and most of 15 rounds), from the bytes of the log to events: inserts of a row of ten columns
 * of the usual types, updates with the row before, and such of a table that is not selected.
 */
import { ChangeAssembler } from '../../../dist/postgres/log/change-assembler.js'
import { EventBuffer } from '../../../dist/postgres/log/event-buffer.js'
import { TupleReader } from '../../../dist/postgres/pgoutput/tuple-reader.js'
import { postgresType } from '../../../dist/postgres/values/postgres-type.js'

const rounds = 15
const warmUp = 5
const changes = 100_000

const columns = [
  { name: 'id', oid: 23, text: (i: number) => String(i) },
  { name: 'customer', oid: 20, text: (i: number) => String(i * 1_000_003) },
  { name: 'name', oid: 25, text: (i: number) => `customer number ${i}` },
  { name: 'status', oid: 1043, text: () => 'open' },
  { name: 'price', oid: 1700, text: (i: number) => `${i}.25` },
  { name: 'at', oid: 1184, text: () => '2026-11-21 20:32:13.143227+00' },
  { name: 'note', oid: 25, text: () => 'größer als gedacht, und vierzig Zeichen lang' },
  { name: 'ok', oid: 16, text: () => 't' },
  { name: 'uuid', oid: 2950, text: () => '6f1e7c1c-2b0e-4f43-9d11-0d9e4a5f2a10' },
  { name: 'data', oid: 3802, text: () => '{"a": 1, "b": [1, 2]}' },
]
const types = columns.map(({ oid }) =>
  postgresType(oid, -1, 'x', () => ({
    oid,
    name: 'x',
    form: 'b',
    element: 0,
    delimiter: 0x2c,
    base: 0,
    baseModifier: -1,
    labels: [],
  })),
)
const schema = {
  schema: 'shop',
  table: 'orders',
  columns: columns.map(({ name }, i) => ({ name, type: types[i]!.type, isNullable: true })),
  key: [0],
}

const int = (bytes: number, value: number) => {
  const out = Buffer.alloc(bytes)
  out.writeIntBE(value, Math.max(0, bytes - 6), Math.min(6, bytes))
  return out
}
const name = (text: string) => Buffer.from(`${text}\0`)
const tuple = (i: number) =>
  Buffer.concat([
    int(2, columns.length),
    ...columns.flatMap(({ text }) => {
      const bytes = Buffer.from(text(i))
      return [Buffer.from('t'), int(4, bytes.length), bytes]
    }),
  ])
const relation = (id: number) =>
  Buffer.concat([
    Buffer.from('R'),
    int(4, id),
    name('shop'),
    name('orders'),
    Buffer.from('f'),
    int(2, columns.length),
    ...columns.flatMap(({ name: column, oid }) => [Buffer.of(1), name(column), int(4, oid), int(4, -1)]),
  ])
const insert = (id: number, i: number) =>
  Buffer.concat([Buffer.from('I'), int(4, id), Buffer.from('N'), tuple(i)])
const update = (id: number, i: number) =>
  Buffer.concat([Buffer.from('U'), int(4, id), Buffer.from('O'), tuple(i), Buffer.from('N'), tuple(i + 1)])

function measure(label: string, id: number, make: (i: number) => Buffer): void {
  // One large buffer, as chunks of a socket are.
  const parts = Array.from({ length: 2000 }, (_, i) => make(i))
  const bytes = Buffer.concat(parts)
  const perSecond: number[] = []
  for (let round = 0; round < rounds + warmUp; round++) {
    const assembler = new ChangeAssembler(
      { lsn: 1n, inside: undefined, system: undefined, timeline: undefined },
      () => {},
    )
    const out = new EventBuffer()
    const take = (message: Buffer) => assembler.take(message, 0, message.length, out)
    take(Buffer.concat([Buffer.from('B'), int(8, 100), int(8, 1), int(4, 7)]))
    take(relation(id))
    const unknown = take(make(0))
    if (unknown === undefined) throw new Error('the relation was not asked for')
    unknown.reader =
      id === 1
        ? new TupleReader(
            schema,
            types.map(({ read }) => read),
            types.map(() => true),
          )
        : null
    // Time of the processor, since the machine may be shared.
    const start = process.cpuUsage()
    for (let done = 0; done < changes; done += parts.length) {
      let at = 0
      for (const part of parts) {
        assembler.take(bytes, at, at + part.length, out)
        at += part.length
      }
      // A batch is given away at a few MiB.
      out.events.length = 0
    }
    const { user, system } = process.cpuUsage(start)
    if (round >= warmUp) perSecond.push(changes / ((user + system) / 1e6))
  }
  perSecond.sort((a, b) => a - b)
  const text = (value: number | undefined) => Math.round((value ?? 0) / 1000).toLocaleString('en-US')
  console.log(
    `${label.padEnd(28)} ${text(perSecond[rounds >> 1])}k/s [${text(perSecond[0])}k..${text(perSecond.at(-1))}k], ${Math.round(bytes.length / parts.length)} bytes each`,
  )
}

measure('insert', 1, (i) => insert(1, i))
measure('update with the row before', 1, (i) => update(1, i))
measure('insert, not selected', 2, (i) => insert(2, i))
