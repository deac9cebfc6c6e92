/** Why a query shows nothing, in one sentence: what its sources and watermarks say. */
import type { ChangelogProgram, SourceStatus } from '@millrace/sql'
import { formatTimestamp } from '@millrace/values'

export function waitingReason(
  program: ChangelogProgram,
  records: number,
  status: readonly SourceStatus[],
): string | undefined {
  if (program.sources.length === 0) return undefined
  if (records === 0)
    return `${program.sources.map((name) => `\`${name}\``).join(', ')}: no record has come yet.`
  const timed = status.filter(({ shards }) => shards.length > 0)
  const silent = timed.find(({ watermark }) => watermark === Number.NEGATIVE_INFINITY)
  if (silent !== undefined) {
    const shard = silent.shards.find(({ watermark, idle }) => watermark === Number.NEGATIVE_INFINITY && !idle)
    const which = shard === undefined ? '' : `shard ${shard.shard} of `
    return `${which}\`${silent.table}\` has given no time yet, and windows wait for all shards. If it stays empty, set 'scan.watermark.idle-timeout' = '10 s' in its WITH.`
  }
  const least = timed.reduce<SourceStatus | undefined>(
    (found, each) => (found === undefined || each.watermark < found.watermark ? each : found),
    undefined,
  )
  if (least !== undefined && Number.isFinite(least.watermark))
    return `${records} records were read, and no row has come out yet. Windows end when the watermark passes them; that of \`${least.table}\` stands at ${formatTimestamp(least.watermark)}.`
  return `${records} records were read, and none of them gives a row of the result.`
}

/** The least watermark of the tables that have one, ISO. */
export function watermarkOf(status: readonly SourceStatus[]): string | undefined {
  const known = status.flatMap(({ watermark, shards }) =>
    shards.length > 0 && Number.isFinite(watermark) ? [watermark] : [],
  )
  return known.length === 0 ? undefined : `${formatTimestamp(Math.min(...known)).replace(' ', 'T')}Z`
}
