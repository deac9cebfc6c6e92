/**
 * The byte pages of a batch's text columns, kept under the same indexes in all of them, so that one number says where a
 * record's bytes are for every column.
 */
import type { Column, TextColumn } from '../column.ts'

export class BatchPages {
  readonly #columns: readonly TextColumn[]
  /** The page asked for last, mostly the scratch memory in use. */
  #last: Uint8Array | undefined
  #lastIndex = 0

  constructor(columns: readonly Column[]) {
    this.#columns = columns.filter((column): column is TextColumn => column.kind === 'text')
  }

  /** Adds a page to all text columns and returns its index. */
  add(page: Uint8Array): number {
    let index = 0
    for (const column of this.#columns) index = Math.max(index, column.pages.length)
    for (const column of this.#columns) {
      // Others may have given the columns different numbers of pages: the gaps are never referred to.
      while (column.pages.length < index) column.pages.push(page)
      column.pages.push(page)
    }
    return index
  }

  /** The index of a page, added if it is new to the batch. */
  indexOf(page: Uint8Array): number {
    const pages = this.#columns[0]?.pages
    if (pages === undefined) return 0
    // The batch may have been emptied meanwhile, and its pages with it.
    if (page === this.#last && pages[this.#lastIndex] === page) return this.#lastIndex
    const known = pages.lastIndexOf(page)
    this.#last = page
    this.#lastIndex = known >= 0 && this.#sharedAt(known, page) ? known : this.add(page)
    return this.#lastIndex
  }

  /** Whether all text columns have the page under this index. */
  has(index: number, page: Uint8Array | undefined): boolean {
    return page !== undefined && this.#sharedAt(index, page)
  }

  #sharedAt(index: number, page: Uint8Array): boolean {
    return this.#columns.every((column) => column.pages[index] === page)
  }
}
