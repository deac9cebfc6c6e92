/** The items of table benchmarks: 1 KB as DynamoDB counts it, names included, in a few partitions. */
export const partitions = 8
/** Of one BatchWriteItem, and of one page of a query. */
export const batchItems = 25

export function benchKey(number: number): { pk: { S: string }; sk: { N: string } } {
  return {
    pk: { S: `partition-${number % partitions}` },
    sk: { N: String(Math.floor(number / partitions)) },
  }
}

export function benchItem(number: number) {
  return {
    ...benchKey(number),
    name: { S: `item ${number}` },
    price: { N: '19.99' },
    open: { BOOL: true },
    text: { S: 'x'.repeat(960) },
  }
}
