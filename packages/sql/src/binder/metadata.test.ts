/** Metadata columns of input streams: known by name, not part of `*`, and there only where the program uses them. */
import type { Schema } from '@millrace/values'
import { expect, test } from 'vitest'
import { bindProgram } from './bind-program.ts'

const schema: Schema = { fields: [{ name: 'K', type: { kind: 'INTEGER' }, nullable: true }] }

function bind(text: string, metadata = true) {
  return bindProgram({
    text,
    fileName: 'm.sql',
    dialect: 'kda',
    inputs: [{ name: 'S', schema, metadata }],
    references: [],
    outputs: [],
  })
}

test('a name brings its column, behind the mapped ones, and * leaves it out', () => {
  const { program, diagnostics } = bind('SELECT STREAM *, SHARD_ID, s.APPROXIMATE_ARRIVAL_TIME FROM S AS s')
  expect(diagnostics).toEqual([])
  const [input, output] = program!.streams
  expect(input!.schema.fields.map(({ name }) => name)).toEqual(['K', 'APPROXIMATE_ARRIVAL_TIME', 'SHARD_ID'])
  expect(input!.metadata).toBe(2)
  expect(output!.schema.fields.map(({ name }) => name)).toEqual(['K', 'SHARD_ID', 'APPROXIMATE_ARRIVAL_TIME'])
})

test('without a use, or without a feeder that knows it, there is none', () => {
  expect(bind('SELECT STREAM * FROM S').program!.streams[0]!.schema).toEqual(schema)
  expect(bind('SELECT STREAM PARTITION_KEY FROM S', false).program).toBeUndefined()
})
