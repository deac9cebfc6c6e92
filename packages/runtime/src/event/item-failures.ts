/**
 * What a function returned, as its mapping understands it: partial batch responses ("custom checkpoints") and the states of
 * tumbling windows. Rules of AWS Lambda:
 *   reported: nothing, null, "", {}, [], and batchItemFailures null or [] mean that all is done
 *             batchItemFailures [{itemIdentifier}] means: done up to the lowest of these sequence numbers, without it
 *             an identifier that is "", null, missing or of no record of the batch: the whole batch has failed
 *             what is no object, or batchItemFailures that is no list: failed
 *   not reported: whatever it returned, all is done
 *   in a window: `state`, an object, has to be there in either case, or the invocation has failed; but a final invocation may
 *             return nothing, since nobody takes its state (handlers in public samples do so)
 */
import { shown } from '../errors.ts'

export type FunctionAnswer =
  /** `state`: JSON text, of a window's invocation. */
  | { readonly kind: 'done'; readonly state: string | undefined }
  /** Records before `index` are done; this one and all after it are to be tried again. */
  | { readonly kind: 'checkpoint'; readonly index: number; readonly state: string | undefined }
  /** The whole batch has failed, though the function did not. */
  | { readonly kind: 'failed'; readonly reason: string }

export interface AnswerRules {
  readonly reportItemFailures: boolean
  readonly isWindow: boolean
  /** The final invocation of the window. */
  readonly isFinal?: boolean
}

/** The batch as the function got it. */
export interface AnsweredBatch {
  readonly count: number
  sequenceNumber(index: number): string
}

const done: FunctionAnswer = { kind: 'done', state: undefined }

/** `answer`: the JSON value that was returned; undefined or null for nothing. */
export function readAnswer(answer: unknown, rules: AnswerRules, batch: AnsweredBatch): FunctionAnswer {
  if (!rules.isWindow && !rules.reportItemFailures) return done
  let state: string | undefined
  if (rules.isWindow) {
    const returned = isObject(answer) ? answer.state : undefined
    if (isObject(returned)) state = JSON.stringify(returned)
    else if (rules.isFinal !== true || returned !== undefined) {
      return failed(`in a tumbling window a function returns {"state": {...}}, not ${shown(answer)}`)
    }
  }
  if (!rules.reportItemFailures) return { kind: 'done', state }
  if (
    answer === undefined ||
    answer === null ||
    answer === '' ||
    (Array.isArray(answer) && answer.length === 0)
  ) {
    return { kind: 'done', state }
  }
  if (!isObject(answer)) {
    return failed(
      `a function that reports item failures returns {"batchItemFailures": [...]}, not ${shown(answer)}`,
    )
  }
  const { batchItemFailures } = answer
  if (batchItemFailures === undefined || batchItemFailures === null) return { kind: 'done', state }
  if (!Array.isArray(batchItemFailures)) {
    return failed(`batchItemFailures is a list, not ${shown(batchItemFailures)}`)
  }
  if (batchItemFailures.length === 0) return { kind: 'done', state }
  return lowestOf(batchItemFailures, batch, state)
}

function lowestOf(
  failures: readonly unknown[],
  batch: AnsweredBatch,
  state: string | undefined,
): FunctionAnswer {
  const indexes = indexesOf(batch)
  let lowest = batch.count
  for (const failure of failures) {
    const id = isObject(failure) ? failure.itemIdentifier : undefined
    if (typeof id !== 'string' || id === '') {
      return failed(`a batch item failure has no itemIdentifier: ${shown(failure)}`)
    }
    const index = indexes.get(id)
    if (index === undefined) return failed(`itemIdentifier ${shown(id)} is no sequence number of the batch`)
    if (index < lowest) lowest = index
  }
  return { kind: 'checkpoint', index: lowest, state }
}

/** Indexes of records by number; of a number that comes twice (a record sent again beside itself) the first one. */
function indexesOf(batch: AnsweredBatch): Map<string, number> {
  const indexes = new Map<string, number>()
  for (let i = batch.count - 1; i >= 0; i--) indexes.set(batch.sequenceNumber(i), i)
  return indexes
}

function failed(reason: string): FunctionAnswer {
  return { kind: 'failed', reason }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
