/** Types of partition keys by their values: whole numbers and dates where all values are such, else text. Pure. */

import { nullPartition } from '../query/prune-partitions.ts'
import type { LakeColumn, LakeType } from '../schema/lake-type.ts'

/** Plain folders stay text, as their zeros in front belong to them. */
export function partitionColumns(
  names: readonly string[],
  partitions: readonly (readonly string[])[],
): LakeColumn[] {
  return names.map((name, i) => {
    const values = partitions
      .map((partition) => partition[i] ?? '')
      .filter((value) => value !== nullPartition)
    return { name, type: /^partition_\d+$/.test(name) ? { kind: 'string' } : typeOf(values) }
  })
}

function typeOf(values: readonly string[]): LakeType {
  if (values.length === 0) return { kind: 'string' }
  // A zero in front is no number: as one it would be another value than the folder says.
  if (values.every((value) => /^(0|-?[1-9]\d{0,8})$/.test(value))) return { kind: 'int' }
  if (values.every((value) => /^(0|-?[1-9]\d{0,17})$/.test(value))) return { kind: 'long' }
  if (values.every((value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))))
    return { kind: 'date' }
  return { kind: 'string' }
}
