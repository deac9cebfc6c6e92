/**
 * Errors of the runtime: one table of codes, one class. A message says what happened, where, which value, what is
 * allowed and the next step; the same parts are fields, so that tools need not parse text. Recognise an error by its
 * code, not by its class: workers and copies of the package have their own classes (see `codeOf`).
 *
 * Retired codes are never used again.
 */

/** code -> who can mend it, and what it means. */
export const runtimeErrorCodes = {
  APP_INVALID: { domain: 'user', about: 'the app definition has problems; each is listed' },
  APP_LOADER_FAILED: { domain: 'user', about: 'a worker could not load the app again' },
  QUERY_INVALID: { domain: 'user', about: 'the program of a query was refused' },
  QUERY_PARTS_CHANGED: {
    domain: 'user',
    about: 'a query has another parallelism than before, and its state cannot be divided anew',
  },
  REFERENCE_UNREADABLE: { domain: 'user', about: 'the file of a reference table cannot be read' },
  REFERENCE_INVALID: {
    domain: 'user',
    about: 'the file of a reference table holds something else than JSON objects that fit its columns',
  },
  STAGE_RECORD_INVALID: { domain: 'internal', about: 'the stored record of a stage cannot be understood' },
  STAGE_RECORD_NEWER: { domain: 'user', about: 'the data directory was written by a newer version' },
  STAGE_KIND_CHANGED: {
    domain: 'user',
    about: 'a stage of this name but another kind has left its positions in the data directory',
  },
  STAGE_INPUT_CHANGED: {
    domain: 'user',
    about: 'a stage is to read another stream than the one its positions in the data directory are of',
  },
  STREAM_REPLACED: {
    domain: 'user',
    about: 'a stream was deleted and made again under the positions of a stage that reads it',
  },
  STREAM_RESHARDED: {
    domain: 'user',
    about: 'a query that runs in parts reads a stream whose shards were split or merged',
  },
  STAGE_FAILED: { domain: 'internal', about: 'a stage stopped with an error' },
  STAGE_CRASHED: { domain: 'internal', about: 'the worker thread of a stage ended without saying why' },
  SOURCE_REQUEST: { domain: 'user', about: 'a running source was asked for something that it does not do' },
  SOURCE_FAILED: { domain: 'external', about: 'a source could not be opened or read' },
  RECORD_NOT_JSON: {
    domain: 'user',
    about: 'the data of a record is not JSON, or not a JSON object where one is due',
  },
  RECORD_NOT_DECODED: {
    domain: 'user',
    about: 'the function that was given to decode records could not decode one',
  },
  ONCE_KEY: { domain: 'user', about: 'a key or a time given to context.once cannot be used' },
  ONCE_RESULT: { domain: 'user', about: 'what the work of context.once returned cannot be stored' },
  ONCE_CYCLE: {
    domain: 'user',
    about: 'two calls wait for each other in context.once, or a work asks for its own key',
  },
  TABLE_KEY_MISSING: { domain: 'user', about: 'an item lacks a key attribute of its table' },
  TABLE_KEY_TYPE: {
    domain: 'user',
    about: 'a key attribute of an item has another type than its table declares',
  },
  TABLE_UNKNOWN: { domain: 'user', about: 'a handler uses a table that its app does not declare' },
  TABLE_OUTSIDE_STAGE: { domain: 'user', about: 'a table was used outside a function stage' },
  TABLE_ITEM_INVALID: {
    domain: 'user',
    about: 'what was put into a table is neither an object nor a record, or the table does not take it',
  },
  STREAM_UNKNOWN: { domain: 'user', about: 'a handler emits to a stream that its app does not declare' },
  STREAM_OUTSIDE_STAGE: { domain: 'user', about: 'a stream was put to outside a function stage' },
  FUNCTION_RESPONSE_INVALID: {
    domain: 'user',
    about: 'a function returned something else than its mapping needs',
  },
  FUNCTION_ITEM_FAILED: { domain: 'user', about: 'a function reported a record in batchItemFailures' },
  STARTING_POSITION_INVALID: { domain: 'user', about: 'a function is to begin at a time that has not come' },
  RECORD_TOO_OLD: {
    domain: 'user',
    about: 'a record became older than the mapping allows before it was done',
  },
  RECORD_EXPIRED: {
    domain: 'user',
    about: 'the retention of its stream passed while a record was tried again and again',
  },
  EMIT_INVALID: { domain: 'user', about: 'an emitted value or partition key cannot be stored' },
  DEAD_LETTER_UNKNOWN: { domain: 'user', about: 'there is no such dead letter, or not any more' },
  DEAD_LETTER_AMBIGUOUS: { domain: 'user', about: 'several stages have a dead letter of this place' },
  DEAD_LETTER_CHANGED: {
    domain: 'user',
    about: 'a dead letter was to be edited as it had been, but its record has died again since',
  },
  DEAD_LETTER_NOT_JSON: {
    domain: 'user',
    about: 'the payload of a dead letter is JSON and was to be replaced by something that is not',
  },
  DEAD_LETTER_DATA: {
    domain: 'user',
    about: 'a dead letter has no payload to edit, or the new one is too large',
  },
  DEAD_LETTER_STAGE: { domain: 'user', about: 'dead letters of this stage cannot be redriven' },
  DEAD_LETTER_ORDER: {
    domain: 'user',
    about: 'a dead letter was to be redriven while an older one of the same key stays dead',
  },
  CHANGE_RECORD_INVALID: {
    domain: 'user',
    about: 'a record in the change stream of a table is none of its changes',
  },
  OBJECT_RECORD_INVALID: {
    domain: 'user',
    about: "a record in the stream of a bucket's objects does not tell of one",
  },
  STREAM_PLACE_INVALID: {
    domain: 'user',
    about: 'a text that should name a place in a stream names none, or one of another stream',
  },
  RECORD_FILTER_INVALID: {
    domain: 'user',
    about: 'a filter of records cannot be read; the message names the character',
  },
  FILTER_INVALID: { domain: 'user', about: 'a filter pattern of a function is not one' },
  HANDLER_MISSING: { domain: 'user', about: 'a Lambda handler that an app names is not in its code' },
  HANDLER_FAILED: { domain: 'user', about: 'the code of a Lambda handler could not be loaded' },
  INVOCATION_ENDED: { domain: 'user', about: 'a handler wrote after its invocation had ended' },
} as const satisfies Record<string, { domain: 'user' | 'external' | 'internal'; about: string }>

export type RuntimeErrorCode = keyof typeof runtimeErrorCodes

/** One record of a stream, as errors name it. */
export interface RecordPlace {
  readonly stream: string
  readonly shard: number
  readonly sequence: number
}

export interface RuntimeErrorParts {
  /** What happened, one sentence without its full stop. */
  readonly what: string
  /** Where: a stage, a record, a file with line and column. */
  readonly place: string
  readonly value?: string
  readonly allowed?: string
  readonly next?: string
  readonly cause?: unknown
  /** The records that are to blame, when only they are: a function stage sets them aside and goes on with the others. */
  readonly records?: readonly RecordPlace[]
}

export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: RuntimeErrorCode
  readonly domain: 'user' | 'external' | 'internal'
  readonly place: string
  readonly value: string | undefined
  readonly allowed: string | undefined
  readonly next: string | undefined
  readonly records: readonly RecordPlace[]

  constructor(code: RuntimeErrorCode, parts: RuntimeErrorParts) {
    super(`${code} ${sentence(parts)}`, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.code = code
    this.domain = runtimeErrorCodes[code].domain
    this.place = parts.place
    this.value = parts.value
    this.allowed = parts.allowed
    this.next = parts.next
    this.records = parts.records ?? []
  }
}

/** The stable code of anything thrown: its `code` if it has one, else its name, else 'Error'. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Error'
  const { code, name } = error as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && code !== '') return code
  return typeof name === 'string' && name !== '' ? name : 'Error'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Records blamed by an error of any copy of this package. */
export function blamedRecords(error: unknown): readonly RecordPlace[] {
  if (typeof error !== 'object' || error === null) return []
  const { records } = error as { records?: unknown }
  if (!Array.isArray(records)) return []
  return records.filter(
    (place): place is RecordPlace =>
      typeof place === 'object' &&
      place !== null &&
      typeof place.shard === 'number' &&
      typeof place.sequence === 'number',
  )
}

/** A value for a message: short, quoted, on one line. */
export function shown(value: unknown, lengthMax = 60): string {
  let text: string
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  } catch {
    text = String(value)
  }
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`
}

function sentence(parts: RuntimeErrorParts): string {
  let text = `${parts.place}: ${parts.what}`
  if (parts.value !== undefined) text += `, got ${parts.value}`
  // What a layer below says comes as whole sentences.
  if (!text.endsWith('.')) text += '.'
  if (parts.allowed !== undefined) text += ` Allowed: ${parts.allowed}.`
  if (parts.next !== undefined) text += ` ${parts.next}.`
  return text
}
