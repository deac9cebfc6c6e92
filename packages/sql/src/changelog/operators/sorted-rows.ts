/**
 * Rows in order, as a list of sorted blocks, so that putting a row in or taking one out moves a block and not all rows. The first
 * block holds at least `head` rows if there are so many: the first rows can be read by index from it.
 * Cost: O(log n + block size) for a change. Rows that are equal in the order stay in the order in which they were put in.
 */
import type { Row } from '../row.ts'
import { placeBefore, placeBehind, type RowOrder } from './compare-rows.ts'

export class SortedRows {
  readonly #order: RowOrder
  readonly #head: number
  readonly #blockMax: number
  readonly #blocks: Row[][]

  /** `sorted`: rows to begin with, in order. */
  constructor(order: RowOrder, head: number, sorted: readonly Row[], blockMax = 512) {
    this.#order = order
    this.#head = head
    // Half a block has to hold the head.
    this.#blockMax = Math.max(blockMax, 2 * head)
    this.#blocks = []
    for (let at = 0; at < sorted.length; at += this.#blockMax)
      this.#blocks.push(sorted.slice(at, at + this.#blockMax))
    if (this.#blocks.length === 0) this.#blocks.push([])
    this.#fillHead()
  }

  /** The first rows in order: at least `head` of them, if there are so many. */
  get first(): readonly Row[] {
    return this.#blocks[0]!
  }

  get isEmpty(): boolean {
    return this.#blocks[0]!.length === 0
  }

  *[Symbol.iterator](): IterableIterator<Row> {
    for (const block of this.#blocks) yield* block
  }

  /** Behind all rows that do not come after it. The row's place in `first`, or -1 if it stands behind. */
  add(row: Row): number {
    const at = this.#blockBehind(row)
    const block = this.#blocks[at]!
    const place = placeBehind(block, row, this.#order)
    block.splice(place, 0, row)
    if (block.length > this.#blockMax) this.#blocks.splice(at + 1, 0, block.splice(block.length >> 1))
    return at === 0 && place < this.#blocks[0]!.length ? place : -1
  }

  /**
   * Takes out the first row that `isIt` says yes to, of those that `order` puts beside `row`; the row and the place in `first`
   * where it was (-1: behind). `order` may be finer than that of the list.
   */
  take(row: Row, order: RowOrder, isIt: (row: Row) => boolean): { row: Row; place: number } | undefined {
    for (let at = this.#blockBefore(row, order); at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!
      for (let place = placeBefore(block, row, order); place < block.length; place++) {
        const found = block[place]!
        if (order(found, row) !== 0) return undefined
        if (!isIt(found)) continue
        block.splice(place, 1)
        if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1)
        this.#fillHead()
        return { row: found, place: at === 0 ? place : -1 }
      }
    }
    return undefined
  }

  #fillHead(): void {
    while (this.#blocks.length > 1 && this.#blocks[0]!.length < this.#head) {
      const [first, second] = this.#blocks.splice(0, 2)
      const joined = [...first!, ...second!]
      this.#blocks.unshift(joined)
      if (joined.length > this.#blockMax) this.#blocks.splice(1, 0, joined.splice(joined.length >> 1))
    }
  }

  /** The first block whose last row comes after `row`, or the last block. */
  #blockBehind(row: Row): number {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const block = blocks[middle]!
      if (this.#order(block[block.length - 1]!, row) > 0) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The first block whose last row does not come before `row`, or the last block. */
  #blockBefore(row: Row, order: RowOrder): number {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      const block = blocks[middle]!
      if (order(block[block.length - 1]!, row) >= 0) high = middle
      else low = middle + 1
    }
    return low
  }
}
