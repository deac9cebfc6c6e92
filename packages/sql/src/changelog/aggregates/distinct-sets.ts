/**
 * Sets of values, of DISTINCT and of MIN and MAX where rows can go, beside the accumulators, for groups that live long: what a commit writes is what has changed, not the
 * whole set. An accumulator holds the number of a set. In memory a set is a Map from value to mark (bits or counts,
 * distinct-code.ts); in the state it is a journal in chunks, [value, mark, value, mark, ...], later entries over earlier
 * ones, mark 0 for a value that has gone. A journal that is much longer than its set is written anew.
 *
 * Values that go by their text stand in the journal as [text, value, ...].
 */
import type { SqlValue } from '../../plan.ts'
import type { KeyedState, StateStore } from '../state/state-store.ts'

type Mark = number | readonly number[]
type Name = SqlValue | readonly SqlValue[]

export interface DistinctSet {
  readonly id: number
  readonly seen: Map<SqlValue, Mark>
  /** Of values that go by their text, the values. */
  readonly tuples: Map<SqlValue, readonly SqlValue[]>
  /** Chunks in use: [first, last]. */
  first: number
  last: number
  chunk: (Name | Mark)[]
  entries: number
  /** Of MIN and MAX: `seen`, a heap of its values, and how many of these have gone (extremes.ts). */
  heap: [Map<SqlValue, number>, SqlValue[], number] | undefined
}

/** Slots of a chunk; the last chunk of each set that has changed is written at each commit. */
const chunkSlots = 256
/** Chunks that one set may have had. */
const chunksMax = 2 ** 20

export class DistinctSets {
  readonly #chunks: KeyedState<(Name | Mark)[]>
  readonly #next: { get(): number; set(value: number): void }
  readonly #sets = new Map<number, DistinctSet>()

  constructor(state: StateStore) {
    this.#chunks = state.keyed('distinct')
    this.#next = state.value('distinct sets', 1)
  }

  /** Reads the journals. */
  resume(): void {
    const found = [...this.#chunks.entries()].sort(([a], [b]) => (a as number) - (b as number)) // Numbers.
    for (const [key, chunk] of found) {
      const number = key as number // As above.
      const id = Math.floor(number / chunksMax)
      const set = this.#sets.get(id) ?? this.#create(id, number % chunksMax)
      set.last = number % chunksMax
      set.chunk = chunk
      set.entries += chunk.length / 2
      for (let i = 0; i < chunk.length; i += 2) read(set, chunk[i] as Name, chunk[i + 1] as Mark) // By turns.
    }
  }

  /** The set whose number is in a slot; a new one if there is none yet. */
  of(accumulator: unknown[], slot: number): DistinctSet {
    let id = accumulator[slot] as number // 0 until there is a set.
    if (id === 0) {
      id = this.#next.get()
      this.#next.set(id + 1)
      accumulator[slot] = id
    }
    return this.#sets.get(id) ?? this.#create(id, 0)
  }

  /** The mark of a value has changed in `seen`; 0: the value has gone. */
  note(set: DistinctSet, name: Name, mark: Mark): void {
    if (set.entries > 2 * set.seen.size + chunkSlots) {
      this.#rewrite(set)
      return
    }
    this.#append(set, name, mark)
  }

  drop(accumulator: unknown[], slot: number): void {
    const set = this.#sets.get(accumulator[slot] as number) // As in `of`.
    if (set === undefined) return
    this.#deleteChunks(set)
    this.#sets.delete(set.id)
  }

  #create(id: number, first: number): DistinctSet {
    const set: DistinctSet = {
      id,
      seen: new Map(),
      tuples: new Map(),
      first,
      last: first - 1,
      chunk: [],
      entries: 0,
      heap: undefined,
    }
    this.#sets.set(id, set)
    return set
  }

  #append(set: DistinctSet, name: Name, mark: Mark): void {
    if (set.last < set.first || set.chunk.length >= chunkSlots) {
      set.last++
      set.chunk = []
      this.#chunks.set(set.id * chunksMax + set.last, set.chunk)
    }
    set.chunk.push(name, mark)
    set.entries++
    this.#chunks.touch(set.id * chunksMax + set.last)
  }

  /** `seen` is up to date, so it is the journal's new beginning. */
  #rewrite(set: DistinctSet): void {
    this.#deleteChunks(set)
    // Numbers go on, so that chunks stay in order; they start again before they run out.
    set.first = set.last + 1 > chunksMax / 2 ? 0 : set.last + 1
    set.last = set.first - 1
    set.entries = 0
    for (const [value, mark] of set.seen) {
      const tuple = set.tuples.get(value)
      this.#append(
        set,
        tuple === undefined ? value : [value, ...tuple],
        typeof mark === 'number' ? mark : mark.slice(),
      )
    }
  }

  #deleteChunks(set: DistinctSet): void {
    for (let i = set.first; i <= set.last; i++) this.#chunks.delete(set.id * chunksMax + i)
  }
}

function read(set: DistinctSet, name: Name, mark: Mark): void {
  const value = Array.isArray(name) ? (name[0] as SqlValue) : (name as SqlValue) // Lists begin with the text.
  if (mark === 0) {
    set.seen.delete(value)
    set.tuples.delete(value)
    return
  }
  set.seen.set(value, typeof mark === 'number' ? mark : mark.slice())
  if (Array.isArray(name)) set.tuples.set(value, name.slice(1) as SqlValue[]) // As above.
}
