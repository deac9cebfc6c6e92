/**
 * Changes of one item without a stream of them: the item is read after commits and compared with what it was. Versions that came
 * and went between two looks are one change.
 */
import type { ItemKey, Tables, TypedItem } from '@millrace/tables'
import type { Clock } from '@millrace/values'
import type { ChangesEvent } from '../../protocol/tables.ts'

export interface FollowedItem {
  readonly table: string
  readonly key: ItemKey
  /** Its attributes. */
  readonly keys: TypedItem
}

export class ItemFollower {
  item: TypedItem | undefined
  readonly #tables: Tables
  readonly #clock: Clock
  readonly #followed: FollowedItem
  #text: string

  constructor(tables: Tables, clock: Clock, followed: FollowedItem) {
    this.#tables = tables
    this.#clock = clock
    this.#followed = followed
    this.item = tables.get(followed.table, followed.key)
    this.#text = textOf(this.item)
  }

  look(): ChangesEvent | undefined {
    const { table, key, keys } = this.#followed
    const before = this.item
    const after = this.#tables.get(table, key)
    const text = textOf(after)
    if (text === this.#text) return undefined
    this.item = after
    this.#text = text
    const kind = before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY'
    const change = {
      kind,
      key: keys,
      time: this.#clock.now(),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    } as const
    return { changes: [change], skipped: 0 }
  }
}

function textOf(item: TypedItem | undefined): string {
  return item === undefined ? '' : JSON.stringify(item)
}
