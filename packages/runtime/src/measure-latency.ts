/** From the arrival of records to the durable commit of what a query made of them. */
import type { Taken } from './merged-input.ts'
import type { StageContext } from './stage.ts'

/** Never rejects: if the flush fails, the stage's next commit says so. */
export async function measureLatency(
  { store, clock, latency }: Pick<StageContext, 'store' | 'clock' | 'latency'>,
  taken: Taken,
): Promise<void> {
  try {
    await store.flushed()
  } catch {
    return
  }
  const now = clock.now()
  for (const piece of taken.pieces) {
    if (piece.kind === 'records')
      latency.record(now - piece.batch.originTime(piece.from), piece.to - piece.from)
  }
}
