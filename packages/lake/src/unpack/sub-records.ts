/** The records inside of one: JSON objects one after the other, or parts between delimiters. Views of the record's own bytes. */
import { scanJson, skipSpace, skipValue } from '@millrace/values'
import type { UnpackFault } from './unpack-fault.ts'

/** Sub-records of one record. */
export const subRecordsMax = 500

const openBrace = 0x7b

/** White space may stand between the objects, commas may not. */
export function splitJson(data: Uint8Array): readonly Uint8Array[] | UnpackFault {
  const parts: Uint8Array[] = []
  for (let at = skipSpace(data, 0, data.length); at < data.length; ) {
    if (parts.length === subRecordsMax) return tooMany()
    if (data[at] !== openBrace) {
      return fault(
        'InvalidJson',
        `at byte ${at} a JSON object should begin, number ${parts.length + 1} of the record`,
      )
    }
    const end = skipValue(data, at, data.length, 0)
    if (end < 0) {
      const problem = scanJson(data, at, data.length)
      return fault(
        'InvalidJson',
        `the JSON object that begins at byte ${at} is broken: ${problem?.reason ?? 'it does not end'}`,
      )
    }
    parts.push(data.subarray(at, end))
    at = skipSpace(data, end, data.length)
  }
  return parts
}

/** Empty parts, as behind the last delimiter, are none. */
export function splitDelimited(data: Uint8Array, delimiter: Uint8Array): readonly Uint8Array[] | UnpackFault {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const parts: Uint8Array[] = []
  for (let from = 0; from < data.length; ) {
    const found = bytes.indexOf(delimiter, from)
    const end = found < 0 ? data.length : found
    if (end > from) {
      if (parts.length === subRecordsMax) return tooMany()
      parts.push(data.subarray(from, end))
    }
    from = end + delimiter.length
  }
  return parts
}

function tooMany(): UnpackFault {
  return fault('LimitExceeded', `the record holds more than ${subRecordsMax} sub-records`)
}

function fault(code: string, message: string): UnpackFault {
  return { type: 'processing-failed', code: `RecordDeAggregation.${code}`, message }
}
