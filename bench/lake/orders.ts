/** Orders as JSON: nine members, one of them an object, 230 bytes. The same for the same arguments. */
import { type LakeColumn, parseHiveType } from '@millrace/lake'
import { seededRandom } from '@millrace/values'

export const orderTypes = {
  orderid: 'bigint',
  itemid: 'string',
  customer: 'string',
  amount: 'decimal(10,2)',
  quantity: 'int',
  status: 'string',
  orderedat: 'timestamp',
  address: 'struct<city:string,zip:string>',
  note: 'string',
} as const

/** Keys of the records are camelCase, as programs write them. */
export const orderKeys = [
  'orderId',
  'itemId',
  'customer',
  'amount',
  'quantity',
  'status',
  'orderedAt',
  'address',
  'note',
] as const

export const orderColumns: readonly LakeColumn[] = Object.entries(orderTypes).map(([name, type]) => ({
  name,
  type: parseHiveType(type),
}))

export interface OrderShape {
  readonly records: number
  /** Different customers; a million unless given. */
  readonly customers?: number
  /** All orders, then a newer version of every other one. */
  readonly isKeyed?: boolean
}

export function* orders({ records, customers = 1_000_000, isKeyed = false }: OrderShape): Generator<string> {
  const random = seededRandom(7)
  const order = (id: number, version: number): string =>
    JSON.stringify({
      orderId: id,
      itemId: `item-${random.below(1000)}`,
      customer: `customer ${random.below(customers)}`,
      amount: random.below(1_000_000) / 100,
      quantity: random.below(10),
      status: ['NEW', 'PAID', 'SHIPPED'][(id + version) % 3],
      orderedAt: new Date(1.7e12 + id * 37 + version).toISOString(),
      address: { city: `City ${random.below(300)}`, zip: String(10_000 + random.below(9000)) },
      note: `note of the order ${id}`,
    })
  for (let id = 0; id < records; id++) yield order(id, 0)
  if (isKeyed) for (let id = 0; id < records; id += 2) yield order(id, 1)
}
