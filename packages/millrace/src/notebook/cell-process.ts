/**
 * The process of one cell: opens the data directory to read, beside whoever owns it, runs the cell, says what comes of it, and ends.
 * What it appends goes through its host, which owns the directory. It may be killed at any moment after it has opened the directory.
 */
import { randomUUID } from 'node:crypto'
import { openStore } from '@millrace/store'
import { codeOf, messageOf, seededRandom, systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import type { AppendBatch, FromProcess, ProcessJob, ToProcess } from './cell-messages.ts'
import { CellReporter } from './cell-reporter.ts'
import { runFlinkCell } from './run-flink-cell.ts'
import { runKdaCell } from './run-kda-cell.ts'
import { CellFailure } from './sql-marks.ts'

/** Memory is looked at after so many batches of input. */
const lookEvery = 16

/** Of the append that is under way. */
let answer: ((error: Error | undefined) => void) | undefined

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToProcess) => {
  if (message.kind === 'start') void run(message.job)
  else if (message.kind === 'appended') answer?.(undefined)
  else answer?.(Object.assign(new Error(message.message), { code: message.code }))
})

/** Messages that the host has not taken yet: more are not made, since what is told is the difference to what was told. */
let unsent = 0

function say(message: FromProcess): void {
  unsent++
  process.send?.(message, undefined, undefined, () => {
    unsent--
  })
}

async function run(job: ProcessJob): Promise<void> {
  // Not when the process began: it may have waited for a cell.
  const startedAt = systemClock.now()
  const reporter = new CellReporter(
    systemClock,
    (outcome) => say({ kind: 'outcome', outcome }),
    () => unsent === 0,
  )
  try {
    const store = await openStore({ dir: job.dataDir, clock: systemClock, mode: 'reader' })
    say({ kind: 'opened' })
    const services = {
      job,
      store,
      clock: systemClock,
      random: seededRandom(randomUUID()),
      reporter,
      // It is ended from outside.
      signal: new AbortController().signal,
      append,
      checkMemory: memoryCheck(job.memoryBytes),
    }
    if (job.dialect === 'flink') await runFlinkCell(services)
    else await runKdaCell(services)
    await store.close()
    say({ kind: 'outcome', outcome: { kind: 'done', reason: 'ended', ms: systemClock.now() - startedAt } })
  } catch (error) {
    if (error instanceof CellFailure) {
      const { code, message, marks } = error
      const ms = systemClock.now() - startedAt
      say({
        kind: 'outcome',
        outcome: { kind: 'done', reason: 'failed', ms, error: { code, message }, marks },
      })
    } else {
      const message = error instanceof MillraceError ? `${error.what} ${error.next}` : messageOf(error)
      say({ kind: 'failed', code: codeOf(error) ?? 'NOTEBOOK_FAILED', message })
    }
  } finally {
    // The last word has to be out first.
    while (unsent > 0) await systemClock.sleep(5)
    process.exit(0)
  }
}

function append(batch: AppendBatch): Promise<void> {
  return new Promise((resolve, reject) => {
    answer = (error) => {
      answer = undefined
      if (error === undefined) resolve()
      else reject(error)
    }
    say({ kind: 'append', batch })
  })
}

/** V8's own limit ends the process without a word; so it is noticed before, where that is possible. */
function memoryCheck(bytesMax: number): () => void {
  let count = 0
  return () => {
    if (++count % lookEvery !== 0) return
    const { heapUsed, external } = process.memoryUsage()
    if (heapUsed + external < bytesMax) return
    throw new MillraceError(
      'NOTEBOOK_MEMORY',
      `The cell needs more than ${Math.round(bytesMax / 1024 / 1024)} MiB of memory.`,
    )
  }
}
