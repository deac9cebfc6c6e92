/** A store whose process is killed at some operation: before it, or when it is done and nobody hears of it. From then on nothing happens. */
import type { ObjectBody, ObjectStore, PutOptions } from '../../../objects/object-store.ts'

export class Killed extends Error {
  override readonly name = 'Killed'
}

export class DyingStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #after: boolean
  #left: number
  isDead = false

  /** `changes`: how many puts and deletes it lives for. `after`: the last of them is done. */
  constructor(store: ObjectStore, { changes, after }: { changes: number; after: boolean }) {
    this.#store = store
    this.#left = changes
    this.#after = after
  }

  get name(): string {
    return this.#store.name
  }

  get url(): string {
    return this.#store.url
  }

  put(key: string, body: ObjectBody, options?: PutOptions) {
    return this.#change(() => this.#store.put(key, body, options))
  }

  delete(keys: readonly string[]) {
    return this.#change(() => this.#store.delete(keys))
  }

  get(key: string) {
    return this.#read(() => this.#store.get(key))
  }

  head(key: string) {
    return this.#read(() => this.#store.head(key))
  }

  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }) {
    return this.#read(() => this.#store.list(prefix, options))
  }

  localFile(key: string) {
    return this.#read(() => this.#store.localFile(key))
  }

  async close(): Promise<void> {}

  async #change<T>(act: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Killed('killed before')
    this.#left--
    if (this.#left > 0) return act()
    this.isDead = true
    if (this.#after) await act()
    throw new Killed('killed')
  }

  async #read<T>(act: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Killed('killed before')
    return act()
  }
}
