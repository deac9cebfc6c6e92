/**
 * What a delivery takes out of its records before anything else sees them, in this order: sub-records, gzip, log messages. A record
 * of which one part fails is refused whole, so that it can be looked at and sent again as it came.
 */
import { gunzipSync } from 'node:zlib'
import type { DeliverySettings } from '../delivery/delivery-settings.ts'
import { LakeError } from '../errors.ts'
import { logMessages } from './log-messages.ts'
import { splitDelimited, splitJson } from './sub-records.ts'
import type { UnpackFault } from './unpack-fault.ts'

/** Bytes that one record may have uncompressed. */
export const unpackedBytesMax = 32 * 1024 * 1024

type Step = (data: Uint8Array) => readonly Uint8Array[] | UnpackFault

/** Undefined: there is nothing to unpack. Error: DELIVERY_INVALID, for a delimiter that is not base64 or empty. */
export function compileUnpack(settings: DeliverySettings['unpack']): Step | undefined {
  const steps: Step[] = []
  const subRecords = settings?.subRecords
  if (subRecords?.form === 'json') steps.push(splitJson)
  if (subRecords?.form === 'delimited') {
    const delimiter = delimiterBytes(subRecords.delimiter)
    steps.push((data) => splitDelimited(data, delimiter))
  }
  if (settings?.decompression === 'gzip') steps.push(gunzip)
  if (settings?.logMessages === true) steps.push(logMessages)
  const [first, ...rest] = steps
  return first && rest.reduce(chain, first)
}

function delimiterBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (
    text !== '' &&
    bytes.length > 0 &&
    bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  ) {
    return bytes
  }
  throw new LakeError(
    'DELIVERY_INVALID',
    `the delimiter of sub-records ${JSON.stringify(text.slice(0, 40))} is not base64 of at least one byte; a newline is "Cg==".`,
  )
}

function chain(first: Step, second: Step): Step {
  return (data) => {
    const parts = first(data)
    if ('code' in parts) return parts
    const all: Uint8Array[] = []
    for (const part of parts) {
      const inner = second(part)
      if ('code' in inner) return inner
      for (const item of inner) all.push(item)
    }
    return all
  }
}

function gunzip(data: Uint8Array): readonly Uint8Array[] | UnpackFault {
  try {
    return [gunzipSync(data, { maxOutputLength: unpackedBytesMax })]
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    return {
      type: 'decompression-failed',
      code: isTooLarge ? 'Decompression.TooLarge' : 'Decompression.InvalidData',
      message: isTooLarge
        ? `the record has more than ${unpackedBytesMax} bytes uncompressed`
        : `the record is not gzip: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}
