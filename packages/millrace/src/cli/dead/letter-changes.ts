/**
 * Where `millrace dead` makes its changes: through the gateway of the process that runs on the data directory, since one process
 * writes at a time, or in the store itself when nobody runs.
 */

import { deadLetterPath } from '@millrace/console'
import {
  DeadLetters,
  type LetterEdit,
  type LetterFilter,
  type LetterPlace,
  type Redrive,
} from '@millrace/runtime'
import { readAddress } from '../gateway-place.ts'
import { postAdmin } from '../post-admin.ts'
import { writeStore } from '../write-store.ts'

export interface LetterChanges {
  edit(place: LetterPlace, edit: LetterEdit): Promise<void>
  redrive(filter: LetterFilter, options: { outOfOrder: boolean; limit: number | undefined }): Promise<Redrive>
  drop(filter: LetterFilter, limit: number | undefined): Promise<{ dropped: number; records: number }>
}

/** Runs the work with the changes of whoever may write. Errors: DATA_IN_USE, and those of the changes. */
export async function changeLetters<T>(
  dir: string,
  work: (changes: LetterChanges) => Promise<T>,
): Promise<T> {
  const address = readAddress(dir)
  if (address !== undefined) return work(new RemoteChanges(dir, address.url))
  return writeStore(dir, (store) => work(localChanges(new DeadLetters(store))))
}

function localChanges(letters: DeadLetters): LetterChanges {
  return {
    async edit(place, edit) {
      letters.edit(place, edit)
    },
    redrive: (filter, { outOfOrder, limit }) =>
      letters.redrive(filter, limit === undefined ? { outOfOrder } : { outOfOrder, limit }),
    drop: (filter, limit) => letters.drop(filter, limit),
  }
}

class RemoteChanges implements LetterChanges {
  readonly #dir: string
  readonly #url: string

  constructor(dir: string, url: string) {
    this.#dir = dir
    this.#url = url
  }

  async edit({ stage, id }: LetterPlace, { data, lastTime }: LetterEdit): Promise<void> {
    await this.#post('edit', { stage, id, data: Buffer.from(data).toString('base64'), lastTime })
  }

  async redrive(filter: LetterFilter, options: { outOfOrder: boolean; limit: number | undefined }) {
    const { redriven, unreadable } = await this.#post('redrive', { ...filter, all: true, ...options })
    return { redriven: Number(redriven), unreadable: Number(unreadable) }
  }

  async drop(filter: LetterFilter, limit: number | undefined) {
    const { dropped, records } = await this.#post('drop', { ...filter, all: true, limit })
    return { dropped: Number(dropped), records: Number(records) }
  }

  #post(action: string, body: object): Promise<{ readonly [name: string]: unknown }> {
    return postAdmin(
      { dir: this.#dir, url: this.#url, path: `${deadLetterPath}/${action}`, codes: /^DEAD_LETTER_/ },
      body,
    )
  }
}
