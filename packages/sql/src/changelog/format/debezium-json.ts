/**
 * The format debezium-json: {"before": row or null, "after": row or null, "op": c | r | u | d}, with or without
 * {"schema", "payload"} around it. c and r insert, u takes `before` back and puts `after` out, d takes `before` back.
 */
import type { Field } from '@millrace/values'
import type { Row, RowKind } from '../row.ts'
import type { Decoder, Encoder, FormatOptions } from './format-contract.ts'
import { flag, objectReader, readDocuments, timestampStandard } from './json.ts'
import { JsonValueError, toJson } from './json-value.ts'

const encoder = new TextEncoder()

export function debeziumDecoder(fields: readonly Field[], options: FormatOptions): Decoder {
  timestampStandard('debezium-json', options)
  const read = objectReader(fields, { failOnMissing: false })
  const ignores = flag('debezium-json', options, 'ignore-parse-errors')
  return {
    decode(bytes, emit) {
      // An empty record is the tombstone that follows a deletion.
      if (bytes.length === 0) return undefined
      const problem = readDocuments(bytes, (documents) => {
        const changes = documents.flatMap((document) => changesOf(document, read))
        for (const [row, kind] of changes) emit(row, kind)
      })
      return ignores ? undefined : problem
    },
  }
}

function changesOf(document: unknown, read: (row: unknown) => Row): [Row, RowKind][] {
  if (document === null) return []
  const held = document as { payload?: unknown } // Any JSON value; fields are looked at with care.
  const envelope = (typeof held === 'object' && held.payload !== undefined ? held.payload : held) as {
    before?: unknown
    after?: unknown
    op?: unknown
  }
  const op = typeof envelope === 'object' && envelope !== null ? envelope.op : undefined
  switch (op) {
    case 'c':
    case 'r':
      return [[read(envelope.after), 0]]
    case 'u':
      if (envelope.before === null || envelope.before === undefined)
        throw new JsonValueError(
          'op "u" has no "before". The source must send whole rows; Postgres tables need REPLICA IDENTITY FULL',
        )
      return [
        [read(envelope.before), 1],
        [read(envelope.after), 2],
      ]
    case 'd':
      if (envelope.before === null || envelope.before === undefined)
        throw new JsonValueError(
          'op "d" has no "before". The source must send whole rows; Postgres tables need REPLICA IDENTITY FULL',
        )
      return [[read(envelope.before), 3]]
    default:
      throw new JsonValueError(`op is ${JSON.stringify(op)?.slice(0, 40)}; allowed: "c", "r", "u", "d"`)
  }
}

/** Each change is a record of its own, as in Flink: inserts as "c", what is taken back as "d". */
export function debeziumEncoder(fields: readonly Field[], options: FormatOptions): Encoder {
  const timestamps = timestampStandard('debezium-json', options)
  const names = fields.map(({ name }) => JSON.stringify(name))
  return {
    takesChanges: true,
    encode(values, kind) {
      const parts = fields.map(({ type }, i) => `${names[i]}:${toJson(values[i]!, type, { timestamps })}`)
      const row = `{${parts.join(',')}}`
      const text =
        kind === 0 || kind === 2
          ? `{"before":null,"after":${row},"op":"c"}`
          : `{"before":${row},"after":null,"op":"d"}`
      return encoder.encode(text)
    },
  }
}
