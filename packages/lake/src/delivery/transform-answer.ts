/**
 * What a transform function makes of records, read from its answer by Firehose's rules: each record's id has to stand in it exactly
 * once, in any order. What is wrong with one record fails that record; what is no answer at all fails them all.
 */
import type { ErrorType } from './error-line.ts'
import type { RowFault } from './row-buffer.ts'

export type TransformResult =
  | {
      readonly kind: 'ok'
      /** Undefined: as it was. */
      readonly data: Uint8Array | undefined
      readonly keys: Readonly<Record<string, string>> | undefined
    }
  | { readonly kind: 'dropped' }
  | ({
      readonly kind: 'failed' /** `processing-failed` unless given. */
      readonly type?: ErrorType
    } & RowFault)

/** Of the request and of the answer, as Lambda has it. */
export const payloadBytesMax = 6 * 1024 * 1024

const codes = {
  missing: 'Lambda.MissingRecordId',
  duplicated: 'Lambda.DuplicatedRecordId',
  malformed: 'Lambda.JsonProcessingException',
  failed: 'Lambda.ProcessingFailedStatus',
} as const

/** One result for each id, in their order; or the fault of the answer as a whole. */
export function readAnswer(text: string, ids: readonly string[]): readonly TransformResult[] | RowFault {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return malformed('the answer is not JSON')
  }
  const records =
    typeof value === 'object' && value !== null && 'records' in value ? value.records : undefined
  if (!Array.isArray(records)) return malformed('the answer has no list "records"')
  const found = new Map<string, TransformResult>()
  for (const record of records as readonly unknown[]) {
    const id = memberOf(record, 'recordId')
    if (typeof id !== 'string') continue
    found.set(
      id,
      found.has(id) ? failed(codes.duplicated, `the answer has record ${id} twice`) : readResult(record),
    )
  }
  return ids.map((id) => found.get(id) ?? failed(codes.missing, `the answer does not have record ${id}`))
}

function readResult(record: unknown): TransformResult {
  const result = memberOf(record, 'result')
  switch (result) {
    case 'Dropped':
      return { kind: 'dropped' }
    case 'ProcessingFailed':
      return failed(codes.failed, 'the function answered ProcessingFailed')
    case 'Ok': {
      const data = memberOf(record, 'data')
      if (typeof data !== 'string') return failed(codes.malformed, 'the record has the result Ok and no data')
      const bytes = readBase64(data)
      if (bytes === undefined) return failed(codes.malformed, 'the data of the record are not base64')
      const keys = memberOf(memberOf(record, 'metadata'), 'partitionKeys')
      if (keys === undefined || keys === null) return { kind: 'ok', data: bytes, keys: undefined }
      if (!isTexts(keys)) return failed(codes.malformed, 'partitionKeys of the record are not texts')
      return { kind: 'ok', data: bytes, keys }
    }
    default:
      return failed(
        codes.malformed,
        `the result ${JSON.stringify(result) ?? 'undefined'} is none of Ok, Dropped, ProcessingFailed`,
      )
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string')
  )
}

/** Undefined if it is none: Buffer leaves out what it cannot read. */
function readBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

function malformed(message: string): RowFault {
  return { code: codes.malformed, message }
}

function failed(code: string, message: string): TransformResult {
  return { kind: 'failed', code, message }
}
