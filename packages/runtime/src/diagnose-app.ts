/**
 * Why an app gives less than expected, read off a data directory while the app runs or after it: stages that are behind,
 * records that died or came late, and above all what holds the time of a query back. Watermarks of queries are restored here to
 * ask them; nothing is written.
 */
import type { SourceStatus } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { type Clock, formatTimestamp } from '@millrace/values'
import type { AppDefinition, FlinkQueryStage } from './app-model.ts'
import { readCounts } from './dead-letters/letter-counts.ts'
import { queryNameOf } from './query-parts.ts'
import { queryTimes } from './query-times.ts'
import { lagOf } from './quiescence.ts'
import { type ChangelogRecord, readStageRecord } from './stage-record.ts'
import { errorStreamName, lateStreamName } from './system-names.ts'

export interface Finding {
  readonly stage: string
  readonly kind: 'time' | 'lag' | 'dead' | 'late' | 'state' | 'idle'
  /** One sentence for people. */
  readonly message: string
  readonly next: string
}

/** A shard counts as holding the others back when its event time is this far behind theirs, ms. */
const heldBackMs = 1_000
const largeStateBytes = 256 * 1024 * 1024

export function diagnoseApp(app: AppDefinition, store: Store, clock: Clock): Finding[] {
  const findings: Finding[] = []
  // What was redriven or dropped is settled; letters of a directory that is older than the counts are all waiting.
  const waiting = new Map(readCounts(store).map(({ stage, records }) => [stage, records]))
  for (const stage of app.stages) {
    const record = readStageRecord(stage.name, store.getStage(stage.name))
    if (record === undefined) {
      findings.push({
        stage: stage.name,
        kind: 'idle',
        message: `${stage.kind} "${stage.name}" has never committed anything here.`,
        next: 'Run the app; if it runs, look at its warnings.',
      })
      continue
    }
    if (stage.kind === 'delivery' && record.kind === 'delivery' && record.inFlight > 0)
      findings.push({
        stage: stage.name,
        kind: 'lag',
        message: `delivery "${stage.name}" holds ${counted(record.inFlight)} that are not stored yet.`,
        next: 'They go when a buffer is full or old enough. If they do not, the destination cannot be written: see the warnings of millrace run.',
      })
    const lag = lagOf(app, store, stage.name) - (record.kind === 'delivery' ? record.inFlight : 0)
    if (lag > 0)
      findings.push({
        stage: stage.name,
        kind: 'lag',
        message: `${stage.kind} "${stage.name}" has ${counted(lag)} of its input still to process.`,
        next: 'If the number does not fall, the stage has stopped or is too slow: see millrace run, and its error stream.',
      })
    const isAside = stage.kind === 'query' || stage.kind === 'delivery'
    const dead = isAside ? record.ledger.dead : (waiting.get(stage.name) ?? record.ledger.dead)
    if (dead > 0) findings.push(deadFinding(stage, dead))
    if (record.ledger.late > 0)
      findings.push({
        stage: stage.name,
        kind: 'late',
        message: `${counted(record.ledger.late)} came too late for "${stage.name}" and ${record.ledger.late === 1 ? 'was' : 'were'} left out.`,
        next: `See them: millrace stream read ${lateStreamName(queryNameOf(stage))}. A longer delay in WATERMARK FOR waits for them.`,
      })
    if (stage.kind === 'query' && stage.dialect === 'flink') {
      const known = record.kind === 'changelog' ? record : { finished: [] }
      findings.push(...timeFindings(stage, known, store, clock))
    }
  }
  return findings
}

function counted(records: number): string {
  return records === 1 ? '1 record' : `${records} records`
}

function deadFinding(stage: AppDefinition['stages'][number], dead: number): Finding {
  const where =
    stage.kind === 'query'
      ? `millrace stream read ${errorStreamName(queryNameOf(stage))}`
      : stage.kind === 'delivery'
        ? 'the objects under its error prefix'
        : `millrace dead list --causes --stage ${stage.name}`
  return {
    stage: stage.name,
    kind: 'dead',
    message: `${counted(dead)} could not be processed by ${stage.kind} "${stage.name}".`,
    next: `See them with their reasons: ${where}.`,
  }
}

function timeFindings(
  stage: FlinkQueryStage,
  { finished, operators = [] }: Pick<ChangelogRecord, 'finished' | 'operators'>,
  store: Store,
  clock: Clock,
): Finding[] {
  const findings = queryTimes(stage, store, clock).flatMap((source): Finding[] => {
    if (finished.includes(source.table)) return []
    const sentence = waitingSentence(source, source.stream)
    return sentence === undefined ? [] : [{ stage: stage.name, kind: 'time' as const, ...sentence }]
  })
  for (const [, kind, rows = 0, bytes = 0] of operators) {
    if (bytes < largeStateBytes) continue
    findings.push({
      stage: stage.name,
      kind: 'time',
      message: `the ${kind} of "${stage.name}" holds ${rows} rows, about ${Math.round(bytes / 2 ** 20)} MiB.`,
      next: "Bound it: a window, or SET 'table.exec.state.ttl'.",
    })
  }
  return findings
}

/** What holds a source's watermark back; undefined if nothing does. */
export function waitingSentence(
  { table, watermark, shards, idleTimeout }: SourceStatus,
  stream: string,
): { readonly message: string; readonly next: string } | undefined {
  if (shards.length === 0 || watermark === Number.POSITIVE_INFINITY) return undefined
  const counted = shards.filter(({ idle }) => !idle)
  const silent = counted.filter(({ watermark: time }) => time === Number.NEGATIVE_INFINITY)
  const latest = Math.max(...shards.map(({ watermark: time }) => time))
  const names = (list: typeof shards) => list.map(({ shard }) => shard).join(', ')
  const setting = `Set 'scan.watermark.idle-timeout' = '10 s' in the table ${table}, so that silent shards do not count`
  const timeoutText = idleTimeout === 0 ? 'no idle timeout is set' : `its idle timeout is ${idleTimeout} ms`
  if (counted.length === 0)
    return {
      message: `all shards of \`${stream}\` are idle, so the time of ${table} stands at ${timeText(watermark)}.`,
      next: 'Windows fire when records with later times come.',
    }
  if (silent.length > 0 && latest === Number.NEGATIVE_INFINITY)
    return {
      message: `no window has fired because \`${stream}\` has had no record with an event time yet (shards ${names(shards)}).`,
      next: `Check that records arrive (millrace stream read ${stream}) and that the column of WATERMARK FOR is filled.`,
    }
  const first = silent[0]
  if (first !== undefined)
    return {
      message: `no window has fired because shard ${names(silent)} of \`${stream}\` has had no record yet, while others have come to ${timeText(latest)} (${timeoutText}).`,
      next: `${setting}, or use fewer shards.`,
    }
  const slowest = counted.reduce((least, shard) => (shard.watermark < least.watermark ? shard : least))
  if (latest - slowest.watermark < heldBackMs) return undefined
  return {
    message: `no window after ${timeText(slowest.watermark)} has fired because shard ${slowest.shard} of \`${stream}\` has been idle since ${timeText(slowest.lastSeen)}: its watermark is ${timeText(slowest.watermark)}, while others have come to ${timeText(latest)} (${timeoutText}).`,
    next: `${setting}; or look why that shard gets nothing.`,
  }
}

function timeText(ms: number): string {
  return Number.isFinite(ms) ? formatTimestamp(Math.floor(ms)) : 'no time'
}
