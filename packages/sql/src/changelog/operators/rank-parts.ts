/**
 * What the operators that rank rows of partitions read of a node.
 */
import type { RankNode } from '../plan.ts'
import type { Row } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key } from '../state/state-store.ts'

/** What a rank needs; a limit without order is one as well. */
export type RankParts = Pick<RankNode, 'input' | 'partition' | 'order' | 'from' | 'to' | 'number' | 'ttl'>

export function partitionKey(node: Pick<RankNode, 'input' | 'partition'>): (row: Row) => Key {
  const { fields } = node.input.schema
  return makeKey(
    node.partition,
    node.partition.map((column) => fields[column]!.type),
  )
}
