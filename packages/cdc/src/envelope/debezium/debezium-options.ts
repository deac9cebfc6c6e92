/** Debezium's properties with their defaults filled in. */
import type { DebeziumOptions } from '../../source/cdc-options.ts'
import type { EnvelopeSource } from '../envelope.ts'
import { checkOptions, refuse } from '../option-checks.ts'

export type DebeziumOperation = 'r' | 'c' | 'u' | 'd' | 't'
export type DebeziumSettings = Required<DebeziumOptions>

const skippable = ['c', 'u', 'd', 't']

export function readDebeziumOptions(options: DebeziumOptions, source: EnvelopeSource): DebeziumSettings {
  checkOptions('envelope', options, {
    format: ['debezium'],
    topicPrefix: 'text',
    decimalHandlingMode: ['precise', 'double', 'string'],
    timePrecisionMode: [
      'adaptive',
      'adaptive_time_microseconds',
      'connect',
      'isostring',
      'microseconds',
      'nanoseconds',
    ],
    binaryHandlingMode: ['bytes', 'base64', 'base64-url-safe', 'hex'],
    intervalHandlingMode: ['numeric', 'string'],
    unavailableValuePlaceholder: 'text',
    schemasEnable: 'flag',
    tombstonesOnDelete: 'flag',
    provideTransactionMetadata: 'flag',
    skippedOperations: (value, place) =>
      refuse(
        Array.isArray(value) && value.every((item) => skippable.includes(item)),
        place,
        value,
        "a list of 'c', 'u', 'd', 't'",
      ),
  })
  return {
    topicPrefix: options.topicPrefix ?? source.name,
    decimalHandlingMode: options.decimalHandlingMode ?? 'precise',
    timePrecisionMode:
      options.timePrecisionMode ?? (source.kind === 'postgres' ? 'adaptive' : 'adaptive_time_microseconds'),
    binaryHandlingMode: options.binaryHandlingMode ?? 'bytes',
    intervalHandlingMode: options.intervalHandlingMode ?? 'numeric',
    unavailableValuePlaceholder: options.unavailableValuePlaceholder ?? '__debezium_unavailable_value',
    schemasEnable: options.schemasEnable ?? false,
    tombstonesOnDelete: options.tombstonesOnDelete ?? false,
    provideTransactionMetadata: options.provideTransactionMetadata ?? false,
    skippedOperations: options.skippedOperations ?? [],
  }
}
