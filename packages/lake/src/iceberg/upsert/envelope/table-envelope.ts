/**
 * Records of a keyed table's change stream, and those of DynamoDB's streams and exports to data streams, which have the same form:
 * `eventName` INSERT or MODIFY with `dynamodb.NewImage`, or REMOVE with `dynamodb.OldImage` or, where the stream's view leaves it out,
 * `dynamodb.Keys`. Items are typed values; rows are made of their plain JSON: sets are lists, binaries base64, numbers exact.
 */
import { itemToJson, readItem } from '@millrace/tables'
import { type Envelope, misfit, type RecordFault, unreadable } from './envelope.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

export const tableEnvelope: Envelope = {
  read(data, sink) {
    let value: unknown
    try {
      value = JSON.parse(decoder.decode(data))
    } catch (error) {
      return unreadable(0, error instanceof Error ? error.message : String(error))
    }
    if (!isObject(value) || !isObject(value.dynamodb)) {
      return misfit(
        'A record of a table\'s changes has "eventName" and an object "dynamodb"; this one has not.',
      )
    }
    const { eventName, dynamodb } = value
    switch (eventName) {
      case 'INSERT':
      case 'MODIFY': {
        if (dynamodb.NewImage === undefined) {
          return misfit(
            `A record of ${eventName} has no NewImage: the stream's view leaves it out. Choose NEW_IMAGE or NEW_AND_OLD_IMAGES.`,
          )
        }
        const row = plainBytes(dynamodb.NewImage)
        return ('code' in row ? row : sink.upsert(row, 0, row.length)) ?? 'taken'
      }
      case 'REMOVE': {
        const row = plainBytes(dynamodb.OldImage ?? dynamodb.Keys)
        return ('code' in row ? row : sink.remove(row, 0, row.length)) ?? 'taken'
      }
      default:
        return misfit(`"eventName" is ${JSON.stringify(eventName)}; it has to be INSERT, MODIFY or REMOVE.`)
    }
  },
}

function plainBytes(item: unknown): Uint8Array | RecordFault {
  try {
    return encoder.encode(itemToJson(readItem(item)))
  } catch (error) {
    return misfit(`The record's item is none: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
