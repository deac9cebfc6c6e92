/**
 * One stage in detail: what it is, where its code lies, what it reads and writes, and of a query its program with the plan in words.
 * Binding a program takes some milliseconds, so a page asks for this when it opens and not with every sample.
 */
import { AdminProblem } from '@millrace/gateway'
import {
  type FlinkQueryStage,
  type QueryStage,
  querySteps,
  queryTimes,
  stageFlows,
  waitingSentence,
} from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { type Clock, messageOf } from '@millrace/values'
import type { PipelineNode, QueryDetail, StageDetail, StageEnd, TableTime } from '../../protocol/pipeline.ts'
import { type DrawnPipeline, drawPipeline } from './draw-pipeline.ts'
import { type LookPlaces, lookAt } from './look.ts'
import type { KnownStage } from './stage-list.ts'
import { stageSettings } from './stage-settings.ts'

/** Errors: STAGE_UNKNOWN. */
export function stageDetail(name: string, places: LookPlaces): StageDetail {
  const { store, clock, app } = places
  const look = lookAt(places)
  const stage = look.stages.find((each) => each.name === name)
  if (stage === undefined)
    throw new AdminProblem(
      'STAGE_UNKNOWN',
      `There is no stage "${name}". There ${look.stages.length === 1 ? 'is' : 'are'} ${look.stages.map((each) => each.name).join(', ') || 'none'}.`,
      404,
    )
  const flows = look.flows.get(name) ?? stageFlows(stage.place, store, look.streams)
  const drawn = drawPipeline(look, store)
  return {
    name,
    kind: stage.kind,
    about: aboutOf(stage),
    files: filesOf(stage, app?.file),
    ...endsOf(stage, drawn),
    ...(stage.definition?.kind === 'query' ? { query: queryDetail(stage, store, clock) } : {}),
    settings: stageSettings(stage),
    state: flows.operators,
  }
}

function aboutOf({ kind, definition, delivery }: KnownStage): string {
  switch (definition?.kind) {
    case 'source':
      return 'Brings records in from outside. They are appended together with the position in the outside, so that a restart goes on exactly there.'
    case 'query': {
      const part = definition.dialect === 'flink' ? definition.part : undefined
      const whole =
        definition.dialect === 'kda'
          ? 'A program of Kinesis Data Analytics SQL: rows are only added.'
          : 'A program of Flink SQL: rows may be changed and taken back later.'
      return part === undefined
        ? whole
        : `${whole} Part ${part.index + 1} of ${part.of}: it reads its share of the shards.`
    }
    case 'function': {
      if (definition.code.form === 'lambda')
        return 'A Lambda handler in processes of its own. What it writes by clients of its own may be repeated after a stop.'
      return definition.code.form === 'each'
        ? 'A function that takes one record at a time. What it writes is committed together with its position: exactly once.'
        : 'A function that takes records in batches. What it writes is committed together with its position: exactly once.'
    }
    default:
      break
  }
  if (delivery?.role === 'prepare') return 'Unpacks and transforms records for the delivery.'
  if (delivery?.role === 'backup') return 'Keeps records as they came, before any transformation.'
  if (delivery !== undefined)
    return delivery.settings.destination.kind === 'iceberg'
      ? 'Carries records out of the log into an Iceberg table, each once.'
      : 'Carries records out of the log into objects, each once.'
  return kind === 'delivery' ? 'Works by the clock: views, crawlers, compaction.' : ''
}

/** The app's file says where functions and sources are; programs and handlers have files of their own. */
function filesOf({ definition, delivery }: KnownStage, appFile: string | undefined): string[] {
  const files: string[] = []
  if (definition?.kind === 'query') files.push(definition.fileName)
  if (definition?.kind === 'function' && definition.code.form === 'lambda') {
    const { codeDir, handler } = definition.code.lambda
    files.push(`${handler} in ${codeDir}`)
  }
  const isOfApp = definition !== undefined || delivery === undefined
  if (appFile !== undefined && isOfApp && !files.includes(appFile)) files.push(appFile)
  return files
}

function endsOf(
  stage: KnownStage,
  { graph, totals }: DrawnPipeline,
): Pick<StageDetail, 'inputs' | 'outputs' | 'asides'> {
  const id = `stage:${stage.name}`
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const inputs: StageEnd[] = []
  const outputs: StageEnd[] = []
  const asides: StageEnd[] = []
  for (const edge of graph.edges) {
    const isInput = edge.to === id
    if (!isInput && edge.from !== id) continue
    const node = nodes.get(isInput ? edge.from : edge.to)
    if (node === undefined) continue
    const as = knownAs(stage, node, isInput)
    const end: StageEnd = {
      id: node.id,
      kind: node.kind,
      name: node.name,
      ...(as === undefined ? {} : { as }),
      ...(edge.kind === 'lookup' ? {} : { records: totals.get(edge.id)?.records ?? 0 }),
    }
    ;(edge.kind === 'aside' ? asides : isInput ? inputs : outputs).push(end)
  }
  return { inputs, outputs, asides }
}

/** Under which names a query's program knows a stream. */
function knownAs(
  { definition }: KnownStage,
  { kind, name }: PipelineNode,
  isInput: boolean,
): string | undefined {
  if (definition?.kind !== 'query' || kind !== 'stream') return undefined
  const names = isInput
    ? definition.dialect === 'kda'
      ? [definition.input.name]
      : definition.inputs.filter(({ stream }) => stream === name).map(({ table }) => table)
    : definition.outputs.filter(({ stream }) => stream === name).map(({ from }) => from)
  return names.length === 0 ? undefined : names.join(', ')
}

function queryDetail({ definition, name }: KnownStage, store: Store, clock: Clock): QueryDetail {
  if (definition?.kind !== 'query') throw new Error(`console invariant: ${name} is no query`)
  const { dialect, fileName, text } = definition
  const mapping = dialect === 'kda' ? definition.input.columns : []
  try {
    const steps = querySteps(definition).map(({ span, keeps, operator, ...step }) => ({
      ...step,
      text: step.kind === 'input' ? inputText(step.text, definition) : step.text,
      ...(keeps === undefined ? {} : { keeps }),
      ...(operator === undefined ? {} : { operator }),
      ...(span === undefined ? {} : { span: { from: span.start, to: span.end } }),
    }))
    const times = dialect === 'flink' ? queryTimes(definition, store, clock).map(tableTime) : []
    return { dialect, fileName, text, steps, mapping, times }
  } catch (error) {
    return { dialect, fileName, text, steps: [], problem: messageOf(error), mapping, times: [] }
  }
}

/** What the app's own code does to records before the program sees them. */
function inputText(text: string, definition: QueryStage | FlinkQueryStage): string {
  const preprocess = definition.dialect === 'kda' ? definition.input.preprocess : undefined
  if (preprocess === undefined) return text
  const name = preprocess.name === '' ? 'preprocess function' : `function ${preprocess.name}`
  return `${text} Before that, the app's ${name} sees each record.`
}

function tableTime(time: ReturnType<typeof queryTimes>[number]): TableTime {
  const { table, stream, watermark, shards } = time
  const at = timeText(watermark)
  const waiting = waitingSentence(time, stream)
  return {
    table,
    stream,
    ...(at === undefined ? {} : { watermark: at }),
    ended: watermark === Number.POSITIVE_INFINITY,
    shards: shards.map((shard) => {
      const reached = timeText(shard.watermark)
      return {
        shard: shard.shard,
        idle: shard.idle,
        ...(reached === undefined ? {} : { watermark: reached }),
      }
    }),
    ...(waiting === undefined ? {} : { waiting }),
  }
}

function timeText(ms: number): string | undefined {
  if (!Number.isFinite(ms)) return undefined
  // Event times are those of records and may lie anywhere; those that no date can hold are none.
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
