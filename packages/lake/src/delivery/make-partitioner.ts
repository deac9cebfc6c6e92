/** Which partition a row belongs to: by what the queries find in it, and by what the transform function said of it. */

import type { Json } from '../jq/jq-value.ts'
import { compilePartitionQueries, type PartitionQueries } from '../jq/partition-query.ts'
import type { DeliveryPrefixes } from '../prefix/delivery-prefixes.ts'
import type { Partitioner } from './delivery-output.ts'
import type { PartitioningSettings } from './delivery-settings.ts'

const extractionFailed = 'DynamicPartitioning.MetadataExtractionFailed'
const noValues: Readonly<Record<string, string>> = {}

/** Error: JQ_INVALID. */
export function makePartitioner(
  { queries, activeMax }: PartitioningSettings,
  { functionKeys }: Pick<DeliveryPrefixes, 'functionKeys'>,
): Partitioner {
  const compiled = compilePartitionQueries(queries)
  return {
    activeMax,
    partition(row, given, arrivedAt) {
      const picked: Record<string, string> = {}
      for (const key of functionKeys) {
        const value = Object.hasOwn(given, key) ? given[key] : undefined
        if (value === undefined || value === '')
          return { code: extractionFailed, message: `the function gave no partition key "${key}"` }
        picked[key] = value
      }
      const found = compiled.keys.length === 0 ? noValues : extract(compiled, row, arrivedAt)
      if (typeof found === 'string') return { code: extractionFailed, message: found }
      return { query: found, function: picked }
    },
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The values, or what is wrong with the row. */
function extract(
  queries: PartitionQueries,
  row: Uint8Array,
  arrivedAt: number,
): Readonly<Record<string, string>> | string {
  let record: Json
  try {
    // JSON.parse makes nothing but JSON.
    record = JSON.parse(decoder.decode(row)) as Json
  } catch {
    return 'the record is not JSON, so that no query finds a partition key in it'
  }
  const { values, problem } = queries.extract(record, arrivedAt)
  return problem ?? values
}
