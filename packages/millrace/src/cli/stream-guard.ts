/** Which streams and tables a client of the gateway may not change while an app runs on them, and why. */
import { type AppDefinition, allStreams, inputsOf } from '@millrace/runtime'

export function streamGuard(app: AppDefinition): {
  mayDelete(stream: string): string | undefined
  mayReshard(stream: string): string | undefined
  mayDeleteTable(table: string): string | undefined
} {
  // What stages read includes streams that come later: those of redriven dead letters.
  const streams = new Set([...allStreams(app).map(({ name }) => name), ...app.stages.flatMap(inputsOf)])
  const tables = new Set(app.tables.map(({ name }) => name))
  return {
    mayDeleteTable: (table) =>
      tables.has(table)
        ? `Table ${table} belongs to the running app ${app.name}; stop the app first.`
        : undefined,
    mayDelete: (stream) =>
      streams.has(stream)
        ? `Stream ${stream} belongs to the running app ${app.name}; stop the app first.`
        : undefined,
    mayReshard: (stream) => {
      const reader = app.stages.find(
        (stage) =>
          stage.kind === 'query' &&
          stage.dialect === 'flink' &&
          stage.part !== undefined &&
          inputsOf(stage).includes(stream),
      )
      return reader?.kind === 'query' && reader.dialect === 'flink' && reader.part !== undefined
        ? `Stream ${stream} is read in ${reader.part.of} parts by query ${reader.part.query} of the running app ${app.name}; a key has to keep its shard. Set its parallelism to 1.`
        : undefined
    },
  }
}
