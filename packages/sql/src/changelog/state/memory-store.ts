/**
 * The state of one operator in memory, with its change log. Names of structures are the addresses in the
 * blobs; a blob that speaks of a name which the operator does not keep is refused.
 *
 * `takeChange` comes before `snapshot` in one commit: a snapshot holds everything, changes after it go on from there.
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { blobBytes, op, stateVersion } from './change-format.ts'
import { MemoryKeyedState } from './keyed-state.ts'
import { MemoryListState } from './list-state.ts'
import { MemoryRowsState } from './rows-state.ts'
import type { KeyedState, ListState, RowsState, StateOptions, StateStore } from './state-store.ts'
import type { Structure } from './structure.ts'

export class MemoryStore implements StateStore {
  readonly #structures = new Map<string, Structure>()
  readonly #writer = new ByteWriter()
  readonly #now: () => number
  readonly #writes: { count: number }
  readonly #young: number | undefined

  /**
   * `now` is processing time, for times to live. `writes` counts what is written to keyed structures. `young`: how many rows
   * of each structure stay objects.
   */
  constructor(now: () => number, writes: { count: number } = { count: 0 }, young?: number) {
    this.#now = now
    this.#writes = writes
    this.#young = young
  }

  keyed<V>(name: string, options?: StateOptions): KeyedState<V> {
    return this.#add(name, new MemoryKeyedState<V>(options?.ttl ?? 0, this.#now, this.#writes))
  }

  rows(name: string, options?: StateOptions): RowsState {
    return this.#add(name, new MemoryRowsState(options?.ttl ?? 0, this.#now, this.#writes, this.#young))
  }

  lists(name: string, options?: StateOptions): ListState {
    return this.#add(name, new MemoryListState(options?.ttl ?? 0, this.#now, this.#writes, this.#young))
  }

  value<V>(name: string, initial: V): { get(): V; set(value: V): void } {
    return this.#add(name, new StoredValue(initial))
  }

  #add<T extends Structure>(name: string, structure: T): T {
    if (this.#structures.has(name)) throw new Error(`state: two structures have the name ${name}`)
    this.#structures.set(name, structure)
    return structure
  }

  /** What has changed since the last call, or undefined. */
  takeChange(): Uint8Array | undefined {
    const writer = this.#writer
    writer.clear()
    writer.byte(stateVersion)
    const start = writer.at
    for (const [name, structure] of this.#structures) {
      if (!structure.changed) continue
      writer.value(name)
      structure.writeChanges(writer)
      writer.byte(op.end)
    }
    return writer.at === start ? undefined : writer.finish()
  }

  /** The whole state as blobs that `restore` takes in this order. */
  snapshot(): Uint8Array[] {
    const blobs: Uint8Array[] = []
    const writer = this.#writer
    for (const [name, structure] of this.#structures) {
      writer.clear()
      const begin = () => {
        writer.byte(stateVersion)
        writer.value(name)
      }
      const end = () => {
        writer.byte(op.end)
        blobs.push(writer.finish())
        writer.clear()
      }
      begin()
      const empty = writer.at
      structure.writeAll(writer, () => {
        if (writer.at < blobBytes) return
        end()
        begin()
      })
      if (writer.at > empty) end()
    }
    return blobs
  }

  restore(blob: Uint8Array): void {
    const reader = new ByteReader(blob)
    const version = reader.byte()
    if (version !== stateVersion) {
      throw new Error(`state: a blob has version ${version}; this build reads version ${stateVersion}`)
    }
    while (!reader.done) {
      const name = String(reader.value())
      const structure = this.#structures.get(name)
      if (structure === undefined) {
        throw new Error(`state: a blob speaks of ${name}, which the operator does not keep`)
      }
      for (let operation = reader.byte(); operation !== op.end; operation = reader.byte()) {
        structure.readOperation(operation, reader)
      }
    }
  }

  /** Whether the operator has made any structure. */
  get keepsSomething(): boolean {
    return this.#structures.size > 0
  }

  /** Forgets what is dead at `now`. */
  expire(now: number): void {
    for (const structure of this.#structures.values()) structure.expire(now)
  }

  get rowCount(): number {
    let rows = 0
    for (const structure of this.#structures.values()) rows += structure.entryCount
    return rows
  }

  /** About the bytes of a snapshot. */
  estimateBytes(): number {
    let bytes = 0
    for (const structure of this.#structures.values()) bytes += structure.estimateBytes(this.#writer)
    return bytes
  }
}

/** One value for watermarks and counters. */
class StoredValue<V> implements Structure {
  #value: V
  changed = false

  constructor(initial: V) {
    this.#value = initial
  }

  get(): V {
    return this.#value
  }

  set(value: V): void {
    this.#value = value
    this.changed = true
  }

  writeChanges(writer: ByteWriter): void {
    this.changed = false
    this.writeAll(writer)
  }

  writeAll(writer: ByteWriter): void {
    writer.byte(op.value)
    writer.value(this.#value)
  }

  readOperation(_: number, reader: ByteReader): void {
    this.#value = reader.value() as V // The same structure wrote it.
  }

  expire(): void {}

  get entryCount(): number {
    return 0
  }

  estimateBytes(): number {
    return 0
  }
}
