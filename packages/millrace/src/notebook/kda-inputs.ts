/**
 * Streams of a data directory as inputs of KDA programs. A cell names a stream of the directory by its name, in double quotes; its
 * columns are what its newest records show, with types that have room for what follows. A name that a KDA query of the app gives its input
 * (SOURCE_SQL_STREAM_001) is that input, unless a function prepares its records, which runs in the app alone.
 */
import type { AppDoor } from '@millrace/console'
import { discoverSchema } from '@millrace/sql'
import type { Store } from '@millrace/store'
import type { KdaInput } from './cell-messages.ts'
import { sampleStream } from './sample-stream.ts'

const sampleRecords = 200
const textLength = 4_096

/** Those whose names stand in one of the texts. */
export function kdaInputs(store: Store, app: AppDoor | undefined, texts: readonly string[]): KdaInput[] {
  const whole = texts.join('\n')
  const streams = store
    .streams()
    .filter(({ name }) => whole.includes(name))
    .flatMap(({ name }) => kdaInput(store, name) ?? [])
  const declared = declaredInputs(app).filter(
    ({ name, stream }) =>
      whole.toUpperCase().includes(name.toUpperCase()) && store.stream(stream) !== undefined,
  )
  const names = new Set(declared.map(({ name }) => name))
  return [...declared, ...streams.filter(({ name }) => !names.has(name))]
}

/** Undefined if the stream has no records that columns could be read from. */
export function kdaInput(store: Store, stream: string): KdaInput | undefined {
  const samples = sampleStream(store, stream, sampleRecords)
  if (samples.length === 0) return undefined
  const { recordFormat, columns, recordColumnDelimiter } = discoverSchema(samples)
  if (columns.length === 0) return undefined
  return {
    name: stream,
    stream,
    format: {
      record: recordFormat,
      ...(recordColumnDelimiter === undefined ? {} : { columnDelimiter: recordColumnDelimiter }),
    },
    columns: columns.map(([name, type, path]) => [name, widened(String(type)), path ?? ''] as const),
  }
}

function widened(type: string): string {
  if (/^(?:TINYINT|SMALLINT|INTEGER)$/.test(type)) return 'BIGINT'
  return type.startsWith('VARCHAR') ? `VARCHAR(${textLength})` : type
}

/** The first query of a name counts. */
function declaredInputs(app: AppDoor | undefined): KdaInput[] {
  const inputs = new Map<string, KdaInput>()
  for (const stage of app?.definition.stages ?? []) {
    if (stage.kind !== 'query' || stage.dialect !== 'kda') continue
    const { name, stream, columns, format, preprocess } = stage.input
    if (preprocess !== undefined || inputs.has(name)) continue
    inputs.set(name, {
      name,
      stream,
      format: format ?? { record: 'JSON' },
      columns: columns.map((column) => [column.name, column.type, column.path] as const),
    })
  }
  return [...inputs.values()]
}
