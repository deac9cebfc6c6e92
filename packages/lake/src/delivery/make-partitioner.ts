/** Which partition a row belongs to: by what the transform function said of it. */
import { LakeError } from '../errors.ts'
import type { DeliveryPrefixes } from '../prefix/delivery-prefixes.ts'
import type { Partitioner } from './delivery-output.ts'
import type { PartitioningSettings } from './delivery-settings.ts'

const extractionFailed = 'DynamicPartitioning.MetadataExtractionFailed'

/** Error: DELIVERY_INVALID. */
export function makePartitioner(
  { queries, activeMax }: PartitioningSettings,
  { functionKeys }: Pick<DeliveryPrefixes, 'functionKeys'>,
): Partitioner {
  if (Object.keys(queries).length > 0)
    throw new LakeError('DELIVERY_INVALID', 'this version has no queries for partition keys; use a function.')
  return {
    activeMax,
    partition(_, given) {
      const picked: Record<string, string> = {}
      for (const key of functionKeys) {
        const value = Object.hasOwn(given, key) ? given[key] : undefined
        if (value === undefined || value === '')
          return { code: extractionFailed, message: `the function gave no partition key "${key}"` }
        picked[key] = value
      }
      return { query: {}, function: picked }
    },
  }
}
