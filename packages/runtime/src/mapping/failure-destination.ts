/**
 * Where reports about records that were given up go, beside the dead letters: a stream of the app, in the commit that moves
 * the position past them, or a folder, one file for each report with the event whole. A file is written before the commit, so
 * a stop between the two leaves a report twice, never none; one that cannot be written is a warning, since the records are
 * among the dead letters all the same.
 *
 * Records that were given up together are one report. Those that the retention took have none, as on AWS.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Transaction } from '@millrace/store'
import type { Random } from '@millrace/values'
import { messageOf } from '../errors.ts'
import { failureFileName, type OnFailureReport, onFailureReport } from '../event/on-failure-report.ts'
import type { ShardEvents } from '../event/shard-events.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { Warnings } from '../warnings.ts'
import type { Fate } from './attempts.ts'
import type { Death } from './batch.ts'
import type { FunctionMeter } from './function-meter.ts'
import type { FailureDestination } from './mapping-settings.ts'
import type { StreamEvents } from './stream-events.ts'

export interface FailureReporting {
  readonly stage: string
  readonly functionArn: string
  readonly destination: FailureDestination
  readonly events: StreamEvents
  readonly random: Random
  readonly warnings: Warnings
  readonly meter: FunctionMeter
}

interface Group {
  readonly death: Death
  readonly records: BatchRecord[]
}

interface Made {
  readonly report: OnFailureReport
  readonly group: Group
  readonly events: ShardEvents
}

const encoder = new TextEncoder()

/** Takes the reports about these fates to their destination; `commit` says the rest to the transaction. */
export class FailureReports {
  private readonly reporting: FailureReporting

  constructor(reporting: FailureReporting) {
    this.reporting = reporting
  }

  /** Writes files at once; gives what is to be said to the transaction, undefined if that is nothing. */
  report(fates: readonly Fate[], nowMs: number): ((transaction: Transaction) => void) | undefined {
    const made = groupsOf(fates).flatMap((group) => this.make(group, nowMs) ?? [])
    const { destination } = this.reporting
    if (made.length === 0) return undefined
    if (destination.kind === 'folder') {
      for (const each of made) this.writeFile(destination.path, each, nowMs)
      return undefined
    }
    const records = made.map(({ report, events }) => ({
      key: encoder.encode(events.shardId),
      data: encoder.encode(JSON.stringify(report)),
    }))
    return (transaction) => transaction.append(destination.stream, records)
  }

  private make(group: Group, nowMs: number): Made | undefined {
    const { functionArn, random, events } = this.reporting
    const { death, records } = group
    try {
      const own = events.ofRecord(records[0]!)
      const report = onFailureReport(
        {
          condition: death.cause === 'age' ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted',
          requestId: death.requestId ?? uuid(random),
          functionArn,
          invokeCount: death.tries,
          isFunctionError: death.functionFailed,
          records,
          timestampMs: nowMs,
        },
        own,
      )
      return { report, group, events: own }
    } catch (error) {
      this.warn(error)
      return undefined
    }
  }

  private writeFile(folder: string, { report, group, events }: Made, timestampMs: number): void {
    const { stage, random } = this.reporting
    const { shardId } = events
    const name = failureFileName({ mapping: stage, shardId, timestampMs, uuid: uuid(random) })
    const path = join(folder, name)
    try {
      const text = JSON.stringify({ ...report, payload: events.event(group.records) })
      mkdirSync(dirname(path), { recursive: true })
      // Whoever watches the folder sees whole files only.
      writeFileSync(`${path}.part`, text)
      renameSync(`${path}.part`, path)
    } catch (error) {
      this.warn(error)
    }
  }

  private warn(error: unknown): void {
    const { stage, warnings, meter } = this.reporting
    meter.destinationFailed()
    warnings.say(
      'REPORT_NOT_WRITTEN',
      stage,
      `function "${stage}": a report about records that were given up is missing at its destination: ${messageOf(error)}. The dead letters hold the records.`,
    )
  }
}

/** Runs of records that were given up together, of one shard each. */
function groupsOf(fates: readonly Fate[]): Group[] {
  const groups: Group[] = []
  for (const { dead } of fates) {
    let last: Group | undefined
    for (const { record, death } of dead) {
      if (death.cause === 'expiry') continue
      const first = last?.records[0]
      if (last?.death === death && first?.shard === record.shard && first.stream === record.stream) {
        last.records.push(record)
      } else {
        last = { death, records: [record] }
        groups.push(last)
      }
    }
  }
  return groups
}

function uuid(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => random.below(256)))
  // Version 4, variant 1 (RFC 9562).
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
