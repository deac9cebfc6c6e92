/** Sequence numbers of a group's records, once they are stored; those of one shard are mostly asked for one after the other. */
import { SEQUENCE_NUMBER_DIGITS, SequenceRun } from '@millrace/values'
import type { StreamPut } from './put-group.ts'

export class PlacedNumbers {
  readonly #part: StreamPut
  readonly #runs: { run: SequenceRun; next: number }[] = []

  constructor(part: StreamPut) {
    this.#part = part
  }

  writeTo(shard: number, index: number, bytes: Uint8Array, at: number): void {
    let entry = this.#runs[shard]
    if (entry === undefined || entry.next !== index) {
      const { info, time } = this.#part
      const sequence = this.#part.firstSequence(shard) + index
      entry = { run: new SequenceRun(info, shard, sequence, time), next: index }
      this.#runs[shard] = entry
    }
    entry.run.writeTo(bytes, at)
    entry.run.advance()
    entry.next++
  }

  text(shard: number, index: number): string {
    this.writeTo(shard, index, scratch, 0)
    return scratch.toString('latin1')
  }
}

const scratch = Buffer.alloc(SEQUENCE_NUMBER_DIGITS)
