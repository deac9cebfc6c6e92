/** What an outcome of a call means for the records of the call. */
import { blamedRecords, messageOf, RuntimeError } from '../errors.ts'
import { type FunctionAnswer, readAnswer } from '../event/item-failures.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { CallOutcome, FunctionCall } from './function-runner.ts'
import type { MappingSettings } from './mapping-settings.ts'

export type Verdict =
  /** `state`: JSON text of the window's new state; undefined where there is no window. */
  | { readonly kind: 'done'; readonly state: string | undefined }
  /** The first `done` records are done, the next one failed. */
  | {
      readonly kind: 'progress'
      readonly done: number
      readonly error: unknown
      readonly state: string | undefined
    }
  | { readonly kind: 'blamed'; readonly records: readonly BatchRecord[]; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'throttled' }

export interface VerdictRules {
  readonly stage: string
  readonly mapping: Pick<MappingSettings, 'reportItemFailures'>
  itemId(record: BatchRecord): string
}

export function verdictOf(call: FunctionCall, outcome: CallOutcome, rules: VerdictRules): Verdict {
  switch (outcome.kind) {
    case 'throttled':
      return outcome
    case 'failed': {
      const records = blamed(call.records, outcome.error)
      return records.length > 0
        ? { kind: 'blamed', records, error: outcome.error }
        : { kind: 'failed', error: outcome.error }
    }
    case 'returned':
      return answered(call, outcome.value, rules)
  }
}

function answered(call: FunctionCall, value: unknown, rules: VerdictRules): Verdict {
  const { records, window, shard } = call
  const place = `function "${rules.stage}", shard ${shard}`
  const { reportItemFailures } = rules.mapping
  let answer: FunctionAnswer
  try {
    answer = readAnswer(
      value,
      { reportItemFailures, isWindow: window !== undefined, isFinal: window?.isFinal === true },
      { count: records.length, sequenceNumber: (index) => rules.itemId(records[index]!) },
    )
  } catch (error) {
    // A state that has no JSON form.
    answer = { kind: 'failed', reason: `what the function returned cannot be read: ${messageOf(error)}` }
  }
  if (answer.kind === 'done') return answer
  if (answer.kind === 'failed') {
    const next = 'The whole batch counts as failed; mend what the function returns'
    const error = new RuntimeError('FUNCTION_RESPONSE_INVALID', { place, what: answer.reason, next })
    return { kind: 'failed', error }
  }
  const error = new RuntimeError('FUNCTION_ITEM_FAILED', {
    place,
    what: `the function reported record ${rules.itemId(records[answer.index]!)} in batchItemFailures`,
    next: 'See what the function itself says about it',
  })
  return { kind: 'progress', done: answer.index, error, state: answer.state }
}

/** Records of the call that the error blames. */
function blamed(records: readonly BatchRecord[], error: unknown): readonly BatchRecord[] {
  const places = new Set(
    blamedRecords(error).map(({ stream, shard, sequence }) => `${stream}/${shard}/${sequence}`),
  )
  if (places.size === 0) return []
  return records.filter((record) => places.has(`${record.stream}/${record.shard}/${record.sequence}`))
}
