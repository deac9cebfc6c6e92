/** From an app's definitions to its running parts: what reads what, and the stage object for each definition. */
import type { Store } from '@millrace/store'
import { changeStreamName, openTables, type TableSpec } from '@millrace/tables'
import type { Clock } from '@millrace/values'
import type { AppDefinition, AppTable, StageDefinition } from './app-model.ts'
import { defineBuckets } from './bucket-directory.ts'
import { settleParts } from './change-parts.ts'
import { defineLetterTables } from './dead-letters/letter-counts.ts'
import { EachStage } from './each/each-stage.ts'
import { onceExpiryTable, onceTable } from './each/once-results.ts'
import { FlinkQueryStage } from './flink-query-stage.ts'
import { FunctionStage } from './function-stage.ts'
import type { LambdaCode } from './lambda/lambda-port.ts'
import { QueryStage } from './query-stage.ts'
import { SourceStage } from './source-stage.ts'
import type { Stage, StageContext } from './stage.ts'
import { inputsOf } from './stage-inputs.ts'
import { allStreams } from './system-names.ts'

/** Names of the stages that read a stream. */
export function readersOf(app: AppDefinition, stream: string): string[] {
  return app.stages.filter((stage) => inputsOf(stage).includes(stream)).map((stage) => stage.name)
}

/** Streams that a stage appends to and waits for: while one's slowest reader is too far behind, the stage pauses. */
export function pacedBy(stage: StageDefinition): readonly string[] {
  if (stage.kind === 'source') return [stage.into]
  if (stage.kind === 'query') return [...new Set(stage.outputs.map(({ stream }) => stream))]
  return stage.kind === 'delivery' ? stage.into : []
}

/** The Lambda functions of an app; one that several stages run stands there for each. */
export function lambdaCodes(app: AppDefinition): LambdaCode[] {
  return app.stages.flatMap((stage) => {
    if (stage.kind === 'delivery') return stage.lambdas
    return stage.kind === 'function' && stage.code.form === 'lambda' ? [stage.code.lambda] : []
  })
}

/** Makes the app's streams and tables in the store, or checks that they are as they were. */
export function defineAll(app: AppDefinition, store: Store, clock: Clock): void {
  for (const stream of allStreams(app)) store.defineStream(stream)
  const tables = openTables({ store })
  // The service names a change stream after the time at which it was switched on, without the zone.
  const label = new Date(clock.now()).toISOString().slice(0, -1)
  for (const table of app.tables) tables.define(tableSpec(table, label))
  defineBuckets(store, app.buckets ?? [])
  defineLetterTables(store)
  if (app.stages.some((stage) => stage.kind === 'function' && stage.code.form === 'each')) {
    store.defineTable(onceTable)
    store.defineTable(onceExpiryTable)
  }
  for (const declare of app.declarations ?? []) declare(store)
  settleParts(app, store, clock)
}

function tableSpec({ name, partitionKey, sortKey, ...settings }: AppTable, label: string): TableSpec {
  const { indexes = [], changes: view, ttlAttribute, capacity } = settings
  const changes = view && { view, stream: changeStreamName(name), label }
  return {
    name,
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    settings: {
      indexes,
      ...(changes === undefined ? {} : { changes }),
      ...(ttlAttribute === undefined ? {} : { ttlAttribute }),
      ...(capacity === undefined ? {} : { capacity }),
      tags: {},
      exports: [],
      isProtected: false,
    },
  }
}

export function makeStage(app: AppDefinition, definition: StageDefinition, context: StageContext): Stage {
  switch (definition.kind) {
    case 'source':
      return new SourceStage(definition, readersOf(app, definition.into), context)
    case 'query': {
      const outputs = definition.outputs.map(({ stream }) => [stream, readersOf(app, stream)] as const)
      return definition.dialect === 'kda'
        ? new QueryStage(definition, new Map(outputs), context)
        : new FlinkQueryStage(definition, app, new Map(outputs), context)
    }
    case 'function': {
      const { code } = definition
      const streams = app.streams.map((stream) => stream.name)
      return code.form === 'each'
        ? new EachStage(definition, code, app.tables, streams, context)
        : new FunctionStage(definition, app.tables, streams, context)
    }
    case 'delivery':
      return definition.make(context)
  }
}

/** The name that a function has in metrics; of other stages it is the stage's. */
export function functionNameOf(definition: StageDefinition): string {
  return definition.kind === 'function' && definition.code.form === 'lambda'
    ? definition.code.lambda.functionName
    : definition.name
}
