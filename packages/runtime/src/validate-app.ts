/**
 * Checks an app as data before anything is opened: names, references between its parts, limits. All problems are found
 * in one pass, each with a code, the place, the value, what is allowed and the next step.
 *
 * Not here: the text of queries (package sql refuses it with spans) and anything that needs files or the store.
 */
import { changeStreamName } from '@millrace/tables'
import type {
  AppDefinition,
  FlinkQueryStage,
  FunctionStage,
  QueryStage,
  StageDefinition,
} from './app-model.ts'
import { objectStreamName } from './bucket-directory.ts'
import { RuntimeError, shown } from './errors.ts'
import { eachConcurrencyMax } from './limits.ts'
import { mappingRanges } from './mapping/mapping-settings.ts'
import { isFirstPart, partsMax } from './query-parts.ts'
import { inputsOf } from './stage-inputs.ts'
import { allStreams, deadLetterTable } from './system-names.ts'

export interface AppProblem {
  readonly code:
    | 'APP_NAME'
    | 'APP_NAME_TWICE'
    | 'APP_NAME_RESERVED'
    | 'APP_UNKNOWN_STREAM'
    | 'APP_LIMIT'
    | 'APP_MISSING'
    | 'APP_CYCLE'
  /** For example: function "save", batchSize. */
  readonly place: string
  readonly value: string
  readonly allowed: string
  readonly next: string
}

/** Letters as Kinesis and DynamoDB allow them in stream and table names. */
const outerName = /^[A-Za-z0-9_.-]{1,128}$/
/** Stage names form the names of their own streams (`<query>.late`), so they hold no dot. */
const stageName = /^[A-Za-z0-9_-]{1,100}$/
/** Those of a delivery: its name, and `.prepare`, `.backup`. */
const deliveryStageName = /^[A-Za-z0-9_-]{1,64}(\.(prepare|backup))?$/
const shardsMax = 1_000
const reservedSuffix = /\.(error_stream|late)$/

export function validateApp(app: AppDefinition): AppProblem[] {
  const problems: AppProblem[] = []
  if (!outerName.test(app.name)) problems.push(nameProblem('app', app.name, outerName))
  checkNames('stream', app.streams, outerName, problems)
  checkNames('table', app.tables, outerName, problems)
  checkNames(
    'stage',
    app.stages,
    ({ kind }) => (kind === 'delivery' ? deliveryStageName : stageName),
    problems,
  )
  checkStreams(app, problems)
  checkTables(app, problems)
  checkBuckets(app, problems)
  const streams = allStreams(app).map((stream) => stream.name)
  for (const stage of app.stages) checkStage(stage, app, streams, problems)
  checkCycles(app, problems)
  return problems
}

/** Throws APP_INVALID with all problems in its message, or returns. */
export function assertValidApp(app: AppDefinition): void {
  const problems = validateApp(app)
  if (problems.length === 0) return
  const lines = problems.map(
    (p) => `\n  ${p.code} ${p.place}: got ${p.value}. Allowed: ${p.allowed}. ${p.next}.`,
  )
  throw new RuntimeError('APP_INVALID', {
    place: `app "${app.name}"`,
    what: `${problems.length === 1 ? 'one problem' : `${problems.length} problems`} in its definition:${lines.join('')}`,
  })
}

function nameProblem(kind: string, name: unknown, pattern: RegExp): AppProblem {
  return {
    code: 'APP_NAME',
    place: `name of ${kind} ${shown(name)}`,
    value: shown(name),
    allowed:
      pattern === stageName
        ? '1 to 100 letters, digits, - and _'
        : pattern === deliveryStageName
          ? '1 to 64 letters, digits, - and _'
          : '1 to 128 letters, digits, - _ and .',
    next: 'Choose another name',
  }
}

function checkNames<T extends { readonly name: string }>(
  kind: string,
  parts: readonly T[],
  pattern: RegExp | ((part: T) => RegExp),
  problems: AppProblem[],
): void {
  const seen = new Set<string>()
  for (const part of parts) {
    const { name } = part
    const allowed = pattern instanceof RegExp ? pattern : pattern(part)
    if (typeof name !== 'string' || !allowed.test(name)) problems.push(nameProblem(kind, name, allowed))
    if (seen.has(name)) {
      problems.push({
        code: 'APP_NAME_TWICE',
        place: `${kind} ${shown(name)}`,
        value: `a second ${kind} of that name`,
        allowed: `one ${kind} for each name`,
        next: 'Rename one of them',
      })
    }
    seen.add(name)
  }
}

function checkStreams(app: AppDefinition, problems: AppProblem[]): void {
  for (const stream of app.streams) {
    const place = `stream "${stream.name}"`
    if (reservedSuffix.test(stream.name)) {
      problems.push({
        code: 'APP_NAME_RESERVED',
        place,
        value: shown(stream.name),
        allowed: 'names that do not end in .error_stream or .late, which belong to queries',
        next: 'Choose another name',
      })
    }
    checkInteger(place, 'shards', stream.shards, 1, shardsMax, problems)
    if (!(stream.retentionMs > 0)) {
      problems.push({
        code: 'APP_LIMIT',
        place: `${place}, retentionMs`,
        value: shown(stream.retentionMs),
        allowed: 'more than 0 ms, or Infinity to keep everything',
        next: 'Give a longer retention',
      })
    }
  }
}

function checkTables(app: AppDefinition, problems: AppProblem[]): void {
  for (const table of app.tables) {
    const place = `table "${table.name}"`
    const changes = table.changes === undefined ? undefined : changeStreamName(table.name)
    if (app.streams.some(({ name }) => name === changes)) {
      problems.push({
        code: 'APP_NAME_TWICE',
        place: `${place}, changes`,
        value: `a stream "${changes}" of the app`,
        allowed: 'no other stream of that name: it takes the changes of the table',
        next: 'Rename the stream',
      })
    }
    if (table.name === deadLetterTable.name) {
      problems.push({
        code: 'APP_NAME_RESERVED',
        place,
        value: shown(table.name),
        allowed: 'any other name: this one holds the records that no stage could process',
        next: 'Choose another name',
      })
    }
    if (table.partitionKey.name === '' || table.sortKey?.name === '') {
      problems.push(missing(`${place}, key`, 'an attribute name', 'Name the attribute'))
    }
    if (table.sortKey && table.sortKey.name === table.partitionKey.name) {
      problems.push({
        code: 'APP_NAME_TWICE',
        place: `${place}, sortKey`,
        value: shown(table.sortKey.name),
        allowed: 'another attribute than the partition key',
        next: 'Leave the sort key out, or name another attribute',
      })
    }
  }
}

function checkBuckets(app: AppDefinition, problems: AppProblem[]): void {
  for (const { name } of app.buckets ?? []) {
    const objects = objectStreamName(name)
    if (app.streams.every((stream) => stream.name !== objects)) continue
    problems.push({
      code: 'APP_NAME_TWICE',
      place: `bucket "${name}"`,
      value: `a stream "${objects}" of the app`,
      allowed: 'no other stream of that name: it takes the news of the objects in the bucket',
      next: 'Rename the stream',
    })
  }
}

function checkStage(
  stage: StageDefinition,
  app: AppDefinition,
  streams: readonly string[],
  problems: AppProblem[],
): void {
  const place = `${stage.kind} "${stage.name}"`
  if (stage.kind === 'source') {
    checkStream(
      `${place}, into`,
      stage.into,
      app.streams.map((s) => s.name),
      problems,
    )
    if (typeof stage.open !== 'function')
      problems.push(missing(`${place}, open`, 'a function', 'Pass a source'))
  } else if (stage.kind === 'query') {
    if (stage.dialect === 'kda') checkQuery(stage, place, app, streams, problems)
    else checkFlinkQuery(stage, place, app, streams, problems)
  } else if (stage.kind === 'delivery') {
    for (const stream of stage.from) checkStream(`${place}, from`, stream, streams, problems)
  } else checkFunction(stage, place, streams, problems)
}

/** Inputs may be any stream; outputs are streams of the app. The program itself is bound when the stage opens. */
function checkFlinkQuery(
  stage: FlinkQueryStage,
  place: string,
  app: AppDefinition,
  streams: readonly string[],
  problems: AppProblem[],
): void {
  // What is wrong with one part of a query is wrong with all of them.
  if (!isFirstPart(stage)) return
  const own = app.streams.map(({ name }) => name)
  for (const { table, stream } of stage.inputs)
    checkStream(`${place}, table "${table}"`, stream, streams, problems)
  checkParts(stage, app, problems)
  for (const { from, stream } of stage.outputs)
    checkStream(`${place}, output "${from}"`, stream, own, problems)
}

/** Every part of a query needs a shard of every stream that the query reads. */
function checkParts(stage: FlinkQueryStage, app: AppDefinition, problems: AppProblem[]): void {
  if (stage.part === undefined) return
  const { query, of } = stage.part
  checkInteger(`query "${query}"`, 'parallelism', of, 1, partsMax, problems)
  const shards = new Map(allStreams(app).map((stream) => [stream.name, stream.shards]))
  for (const { table, stream } of stage.inputs) {
    const count = shards.get(stream)
    if (count === undefined || count >= of) continue
    problems.push({
      code: 'APP_LIMIT',
      place: `query "${query}", table "${table}"`,
      value: `the stream "${stream}" of ${count} ${count === 1 ? 'shard' : 'shards'}`,
      allowed: `at least ${of} shards, since the query has a parallelism of ${of} and each part reads shards of its own`,
      next: 'Give the stream more shards (in a new data directory), or the query a smaller parallelism',
    })
  }
}

function checkQuery(
  stage: QueryStage,
  place: string,
  app: AppDefinition,
  streams: readonly string[],
  problems: AppProblem[],
): void {
  checkStream(`${place}, input`, stage.input.stream, streams, problems)
  if (stage.text.trim() === '')
    problems.push(missing(`${place}, text`, 'a SQL program', 'Give text or a file'))
  // Columns of CSV are told by their place.
  if (stage.input.format?.record !== 'CSV') checkColumns(`${place}, input`, stage.input.columns, problems)
  checkNames('reference table', stage.references, /^[\s\S]{1,128}$/, problems)
  for (const reference of stage.references) {
    checkColumns(`${place}, reference "${reference.name}"`, reference.columns, problems)
  }
  if (stage.outputs.length === 0) {
    problems.push(
      missing(
        `${place}, output`,
        'at least one in-application stream and where its rows go',
        'Add an output',
      ),
    )
  }
  const own = app.streams.map((s) => s.name)
  for (const output of stage.outputs) {
    checkStream(`${place}, output ${shown(output.from)}`, output.stream, own, problems)
  }
}

function checkColumns(
  place: string,
  columns: readonly { readonly name: string; readonly path: string }[],
  problems: AppProblem[],
): void {
  if (columns.length === 0) problems.push(missing(`${place}, columns`, 'at least one column', 'Map a column'))
  checkNames(`column of ${place}`, columns, /^[\s\S]{1,128}$/, problems)
  for (const column of columns) {
    if (!column.path.startsWith('$')) {
      problems.push({
        code: 'APP_LIMIT',
        place: `${place}, column "${column.name}"`,
        value: shown(column.path),
        allowed: 'a JSONPath that begins with $, like $.data.orderId',
        next: 'Correct the path',
      })
    }
  }
}

function checkFunction(
  stage: FunctionStage,
  place: string,
  streams: readonly string[],
  problems: AppProblem[],
): void {
  checkStream(`${place}, from`, stage.from, streams, problems)
  const { mapping, code } = stage
  for (const [field, [min, max]] of Object.entries(mappingRanges)) {
    // Sound: the table's keys are names of settings that are numbers.
    const value = mapping[field as keyof typeof mappingRanges]
    const endless = field === 'maxRetries' || field === 'maxRecordAgeMs'
    if (endless && value === Number.POSITIVE_INFINITY) continue
    checkInteger(place, field, value, min, max, problems)
  }
  if (mapping.onFailure?.kind === 'stream') {
    checkStream(`${place}, onFailure`, mapping.onFailure.stream, streams, problems)
  }
  if (code.form === 'each') {
    if (typeof code.handler !== 'function')
      problems.push(missing(`${place}, handler`, 'a function (record, context) => ...', 'Pass a function'))
    checkInteger(place, 'concurrency', code.concurrency, 1, eachConcurrencyMax, problems)
  }
  if (code.form === 'batch' && typeof code.handler !== 'function') {
    problems.push(missing(`${place}, handler`, 'a function (records, context) => ...', 'Pass a function'))
  }
}

/** Queries that feed each other in a ring would each wait for the other to read (back-pressure), so they are refused. */
function checkCycles(app: AppDefinition, problems: AppProblem[]): void {
  // The parts of a query read and write the same streams.
  const queries = app.stages.filter((stage) => stage.kind === 'query').filter(isFirstPart)
  for (const start of queries) {
    const path = ringThrough(start, start, queries, [start.name])
    // Report each ring once: at its first member in the order of names.
    if (!path || path.some((name) => name < start.name)) continue
    problems.push({
      code: 'APP_CYCLE',
      place: `query "${start.name}"`,
      value: [...path, start.name].join(' -> '),
      allowed: 'queries that do not feed themselves, directly or through others',
      next: 'Write to another stream, or break the ring with a function',
    })
  }
}

type AnyQuery = QueryStage | FlinkQueryStage

function ringThrough(
  start: AnyQuery,
  at: AnyQuery,
  queries: readonly AnyQuery[],
  path: readonly string[],
): readonly string[] | undefined {
  for (const output of at.outputs) {
    for (const next of queries) {
      if (!inputsOf(next).includes(output.stream)) continue
      if (next === start) return path
      if (path.includes(next.name)) continue
      const found = ringThrough(start, next, queries, [...path, next.name])
      if (found) return found
    }
  }
  return undefined
}

function checkStream(place: string, name: string, known: readonly string[], problems: AppProblem[]): void {
  if (known.includes(name)) return
  problems.push({
    code: 'APP_UNKNOWN_STREAM',
    place,
    value: shown(name),
    allowed: known.length === 0 ? 'a declared stream; the app declares none' : `one of ${known.join(', ')}`,
    next: `Declare it with app.stream(${shown(name)}, ...) or correct the name`,
  })
}

function checkInteger(
  place: string,
  field: string,
  value: number,
  min: number,
  max: number,
  problems: AppProblem[],
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  problems.push({
    code: 'APP_LIMIT',
    place: `${place}, ${field}`,
    value: shown(value),
    allowed: `a whole number from ${min} to ${max}`,
    next: `Change ${field}`,
  })
}

function missing(place: string, allowed: string, next: string): AppProblem {
  return { code: 'APP_MISSING', place, value: 'nothing', allowed, next }
}
