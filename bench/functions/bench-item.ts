/** The items of table benchmarks: 1 KB as DynamoDB counts it, names included. */

/** Of one BatchWriteItem, and of one page of a query. */
export const batchItems = 25
/** Items that are there to be read: each partition has as many. */
export const partitions = 8
export const partitionItems = 3 * batchItems
export const readItems = partitions * partitionItems

export interface BenchKey {
  readonly pk: { readonly S: string }
  readonly sk: { readonly N: string }
}

/** Runs of a batch's size in one partition after the other, as devices that send their readings together. */
export function benchKey(number: number): BenchKey {
  const partition = Math.floor(number / batchItems) % partitions
  return { pk: { S: `partition-${partition}` }, sk: { N: String(number) } }
}

/** No two neighbours in one partition, as orders by their ids. */
export function scatteredKey(number: number): BenchKey {
  return { pk: { S: `order-${(number * 7919) % 65_521}` }, sk: { N: String(number) } }
}

/** Least sort key of a page of `batchItems` items in the partition of item `number`. */
export function pageStart(number: number): number {
  return number % (readItems - partitions * batchItems)
}

export function benchItem(key: BenchKey) {
  return {
    ...key,
    name: { S: `item ${key.sk.N}` },
    price: { N: '19.99' },
    open: { BOOL: true },
    text: { S: 'x'.repeat(960) },
  }
}
