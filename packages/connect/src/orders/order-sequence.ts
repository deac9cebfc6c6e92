/**
 * The order in which changes come: index of a change -> which order, and which of its three rows.
 *
 * Orders are taken in blocks of 8, so 24 changes. Inside a block the rows of neighbouring orders are mixed by one of 64
 * arrangements: items mostly come after their order, about one in six before it. Which arrangement a block takes depends
 * on the seed and the block only, so change `index` is found without computing any earlier one. The last block of a finite
 * run leaves out the orders that do not exist and keeps the rest in the same order.
 *
 * Invariant: each order has its three rows in exactly one block, hence all three within 24 changes of each other.
 * Cost: O(1) for each change; O(24) on entering a block.
 */
export const BLOCK_ORDERS = 8
const ROWS = 3
const BLOCK_CHANGES = BLOCK_ORDERS * ROWS
const ARRANGEMENTS = 64

/** Row of an order: the order itself, its first item or its second. */
export type OrderRow = 0 | 1 | 2

export interface OrderRange {
  /** Number of the first order, from 0. Blocks are counted from here. */
  readonly firstOrder: number
  /** The number after the last order; Infinity for an endless run. */
  readonly endOrder: number
}

export class OrderSequence {
  readonly range: OrderRange
  /** How many changes there are: three for each order. */
  readonly length: number
  /** Set by `seek`: which order (from 0, over all runs) and which of its rows the change is. */
  order = 0
  row: OrderRow = 0
  /** Place of the order in its block, 0 to 7, and the block: together they name the order's cache slot. */
  orderInBlock = 0
  block = -1

  readonly #seed: number
  readonly #arrangements: Uint8Array
  /** order-in-block * 3 + row, for each change of the current block. */
  readonly #slots = new Uint8Array(BLOCK_CHANGES)

  constructor(seed: number, range: OrderRange) {
    this.#seed = seed
    this.range = range
    this.length = (range.endOrder - range.firstOrder) * ROWS
    this.#arrangements = makeArrangements()
  }

  /** Finds change `index`, 0 <= index < length. */
  seek(index: number): void {
    const block = Math.floor(index / BLOCK_CHANGES)
    if (block !== this.block) this.#enter(block)
    const slot = this.#slots[index - block * BLOCK_CHANGES] as number
    const orderInBlock = (slot / ROWS) | 0
    this.orderInBlock = orderInBlock
    this.order = this.range.firstOrder + block * BLOCK_ORDERS + orderInBlock
    // A slot is orderInBlock * 3 + row, so the rest is 0, 1 or 2.
    this.row = (slot - orderInBlock * ROWS) as OrderRow
  }

  #enter(block: number): void {
    this.block = block
    const firstOrder = this.range.firstOrder + block * BLOCK_ORDERS
    const orders = Math.min(BLOCK_ORDERS, this.range.endOrder - firstOrder)
    const from = (mix32(this.#seed, firstOrder, 0x5e9) % ARRANGEMENTS) * BLOCK_CHANGES
    let at = 0
    for (let i = 0; i < BLOCK_CHANGES; i++) {
      const slot = this.#arrangements[from + i] as number
      if (slot < orders * ROWS) this.#slots[at++] = slot
    }
  }
}

/** What must be kept of a range of which `index` changes have been emitted, when its end is moved. */
export function moveEnd(range: OrderRange, index: number, endOrder: number): OrderRange {
  const blocks = Math.ceil(index / BLOCK_CHANGES)
  const begun = Math.min(range.endOrder, range.firstOrder + blocks * BLOCK_ORDERS)
  const inPartialBlock =
    index % BLOCK_CHANGES !== 0 && begun === range.endOrder && (begun - range.firstOrder) % BLOCK_ORDERS !== 0
  // A partial block left out orders that a longer range would mix into it: finish it, the rest is another range.
  if (inPartialBlock || index === (range.endOrder - range.firstOrder) * ROWS) return range
  // Orders of a block that has begun are emitted whole, so that each has its two items.
  return { firstOrder: range.firstOrder, endOrder: Math.max(begun, endOrder) }
}

/**
 * A hash of three integers, uniform over 32 bits (the finaliser of MurmurHash3 over a linear mix). It is the model's only
 * source of randomness and takes part in its output: never change it.
 */
export function mix32(seed: number, index: number, salt: number): number {
  let h = Math.imul(index, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b) ^ Math.imul(seed, 0xc2b2ae35)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  h ^= h >>> 16
  return h >>> 0
}

/** 64 mixed orders of the 24 slots; the same for every seed. */
function makeArrangements(): Uint8Array {
  const table = new Uint8Array(ARRANGEMENTS * BLOCK_CHANGES)
  for (let a = 0; a < ARRANGEMENTS; a++) {
    const rank = Array.from({ length: BLOCK_CHANGES }, (_, slot) => {
      const order = Math.floor(slot / ROWS)
      if (slot % ROWS === 0) return order * ROWS
      const draw = mix32(a, slot, 0xa44)
      const before = draw % 6 === 0
      const distance = ((draw >>> 8) % 640) / 100
      return before ? order * ROWS - 0.5 - distance : order * ROWS + 0.5 + distance
    })
    const slots = rank.map((_, slot) => slot)
    slots.sort((x, y) => (rank[x] as number) - (rank[y] as number) || x - y)
    table.set(slots, a * BLOCK_CHANGES)
  }
  return table
}
