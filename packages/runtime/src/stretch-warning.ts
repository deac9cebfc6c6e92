/** Says that records could not be read: one warning for each stretch. */
import type { Stretch } from './shard-cursor.ts'
import type { Warnings } from './warnings.ts'

export function sayStretch(warnings: Warnings, stage: string, stretch: Stretch): void {
  const { stream, shard, from, to } = stretch
  warnings.say(
    stretch.cause === 'corrupt' ? 'RECORDS_CORRUPT' : 'RECORDS_LOST',
    `${stage} ${stream}/${shard}/${from}`,
    `stage "${stage}" stepped over ${to - from} records of shard ${shard} of stream "${stream}" (sequences ${from} to ${to - 1}): ${stretch.reason}. They count as dead; the dead letters name them.`,
  )
}
