/**
 * The ledger of a stage: what became of its input records. `in` is not counted: it is derived from positions (sequences
 * of a shard are contiguous), while the other figures are counted where a record's fate is decided. So
 * in = out + late + filtered + dead + inFlight is a check of one against the other and not a tautology.
 * It is committed together with the positions, so that it survives restarts as they do.
 */
export interface LedgerCounts {
  readonly out: number
  readonly late: number
  readonly filtered: number
  readonly dead: number
  /** Not part of the balance: records appended to streams and items written to tables. */
  readonly emitted: number
  /** Not part of the balance: rows appended to the error stream. */
  readonly errors: number
  /**
   * Of `emitted`, how many went where: by `stream:NAME` and `table:NAME`. What a function writes is in its code alone, so this is
   * how anybody knows it. Absent where nothing was written, and in ledgers of older versions, whose earlier records it lacks.
   */
  readonly wrote?: Readonly<Record<string, number>>
}

export class Ledger implements LedgerCounts {
  out: number
  late: number
  filtered: number
  dead: number
  emitted: number
  errors: number
  private readonly places: Map<string, number>

  constructor(from: LedgerCounts = emptyLedger) {
    this.out = from.out
    this.late = from.late
    this.filtered = from.filtered
    this.dead = from.dead
    this.emitted = from.emitted
    this.errors = from.errors
    this.places = new Map(Object.entries(from.wrote ?? {}))
  }

  /** Counts what the stage has written to a place: `stream:NAME` or `table:NAME`. */
  emit(place: string, records: number): void {
    if (records === 0) return
    this.emitted += records
    this.places.set(place, (this.places.get(place) ?? 0) + records)
  }

  /** Takes over what another ledger counted as written. */
  addWrites({ emitted, wrote = {} }: LedgerCounts): void {
    this.emitted += emitted
    for (const [place, records] of Object.entries(wrote))
      this.places.set(place, (this.places.get(place) ?? 0) + records)
  }

  counts(): LedgerCounts {
    return {
      out: this.out,
      late: this.late,
      filtered: this.filtered,
      dead: this.dead,
      emitted: this.emitted,
      errors: this.errors,
      ...(this.places.size === 0 ? {} : { wrote: Object.fromEntries(this.places) }),
    }
  }
}

export const emptyLedger: LedgerCounts = { out: 0, late: 0, filtered: 0, dead: 0, emitted: 0, errors: 0 }

/** Records whose fate is decided. */
export function settled(counts: LedgerCounts): number {
  return counts.out + counts.late + counts.filtered + counts.dead
}
