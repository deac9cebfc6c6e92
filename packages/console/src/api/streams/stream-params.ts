/** What callers give to the routes of streams: checked, with a problem of theirs for what cannot be. */
import { AdminProblem } from '@millrace/gateway'
import { compileRecordFilter, type RecordFilter } from '@millrace/runtime'
import type { Store, StreamInfo } from '@millrace/store'
import { didYouMean, formatShardId, parseShardId } from '@millrace/values'

export function neededText(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new AdminProblem('VALUE_MISSING', `"${name}" is needed, as a text.`)
}

/** Undefined where nothing, or nothing but an empty text, is given. */
export function optionalText(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a text.`)
}

export function wholeNumber(
  name: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number
  throw new AdminProblem('VALUE_INVALID', `"${name}" has to be a whole number from ${min} to ${max}.`)
}

export function mustStream(store: Store, name: string): StreamInfo {
  const info = store.stream(name)
  if (info !== undefined) return info
  const names = store.streams().map((stream) => stream.name)
  throw new AdminProblem(
    'STREAM_UNKNOWN',
    `There is no stream "${name}". ${didYouMean(name, names)}GET /admin/streams lists those that there are.`,
    404,
  )
}

/** `shard` of a query: a number or a shard id; undefined for all shards. */
export function shardOf(query: URLSearchParams, info: StreamInfo): number | undefined {
  const text = optionalText('shard', query.get('shard'))
  if (text === undefined) return undefined
  const shard = parseShardId(text)
  if (shard !== undefined && info.shardInfos[shard] !== undefined) return shard
  throw new AdminProblem(
    'SHARD_UNKNOWN',
    `Stream "${info.name}" has no shard ${JSON.stringify(text)}. It has ${formatShardId(0)} to ${formatShardId(info.shardInfos.length - 1)}.`,
    404,
  )
}

/** `key`, `where` and `text` of a query. */
export function filterOf(query: URLSearchParams): RecordFilter | undefined {
  return compileRecordFilter({
    key: query.get('key') ?? undefined,
    where: query.get('where') ?? undefined,
    text: query.get('text') ?? undefined,
  })
}
