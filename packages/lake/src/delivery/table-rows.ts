/** Rows of one batch for a table. */
import type { Transaction } from '@millrace/store'
import type { Catalog } from '../catalog/catalog-port.ts'
import type { DeliveryTarget, TargetBatch } from './delivery-target.ts'
import type { Plan } from './progress.ts'
import type { RowBuffer, RowOutcome, StoredRows } from './row-buffer.ts'

export class TableRows implements RowBuffer {
  bytes = 0
  readonly #batch: TargetBatch
  readonly #catalog: Catalog | undefined

  constructor(target: DeliveryTarget, catalog: Catalog | undefined) {
    this.#batch = target.begin()
    this.#catalog = catalog
  }

  get rows(): number {
    return this.#batch.rows
  }

  get memory(): number {
    return this.#batch.bytes
  }

  add(bytes: Uint8Array, start: number, end: number, arrivedAt: number): RowOutcome {
    const outcome = this.#batch.add({ data: bytes.subarray(start, end), arrivedAt })
    if (outcome === 'taken') this.bytes += end - start
    return outcome
  }

  async store({ id }: Plan): Promise<StoredRows> {
    const commit = await this.#batch.commit(id)
    return {
      bytes: 0,
      commit: (transaction: Transaction) => {
        this.#catalog?.write((writer) => commit.register(writer), transaction)
      },
    }
  }

  close(): void {
    this.#batch.close()
  }
}
