/**
 * NextToken: where a list goes on. Opaque to clients and whole in itself: base64url of JSON with the time of issue, so it
 * survives a restart. It gives no rights (the call that brings it is authorized anew), so it is not sealed; one that
 * does not parse is an InvalidArgumentException, one older than 300 s an ExpiredNextTokenException.
 */
import { WireError } from '../../wire/wire-error.ts'
import { invalidArgument } from './faults.ts'

export const TOKEN_MS = 300_000

export interface PageToken {
  /** The operation that gave it. */
  readonly list: string
  /** Name of the last item listed. */
  readonly after: string
  readonly stream?: string | undefined
  /** The stream's time of creation: the list does not go on with another stream of the same name. */
  readonly createdAt?: number | undefined
  readonly filter?: TokenFilter | undefined
}

export interface TokenFilter {
  readonly type: string
  readonly shardId?: string | undefined
  readonly timeMs?: number | undefined
}

const VERSION = 1
const DATE_MS_MAX = 8.64e15

export function writeToken(token: PageToken, nowMs: number): string {
  const { list, after, stream, createdAt, filter } = token
  const fields = [
    VERSION,
    Math.floor(nowMs),
    list,
    after,
    stream ?? null,
    createdAt ?? null,
    filter === undefined ? null : [filter.type, filter.shardId ?? null, filter.timeMs ?? null],
  ]
  return Buffer.from(JSON.stringify(fields)).toString('base64url')
}

/** Errors: InvalidArgumentException, ExpiredNextTokenException. */
export function readToken(text: string, list: string, nowMs: number): PageToken {
  const fields = parse(text)
  if (!Array.isArray(fields) || fields.length !== 7) throw invalid()
  const [version, issued, kind, after, stream, createdAt, filter] = fields as readonly unknown[]
  if (
    version !== VERSION ||
    kind !== list ||
    !isTime(issued) ||
    typeof after !== 'string' ||
    !(stream === null || typeof stream === 'string') ||
    !(createdAt === null || isTime(createdAt)) ||
    issued > nowMs
  ) {
    throw invalid()
  }
  if (nowMs - issued > TOKEN_MS) {
    throw new WireError(
      'ExpiredNextTokenException',
      `NextToken was created at ${new Date(issued).toISOString()}; it could be used for ${TOKEN_MS} ms.`,
    )
  }
  return {
    list,
    after,
    stream: stream ?? undefined,
    createdAt: createdAt ?? undefined,
    filter: filter === null ? undefined : readFilter(filter),
  }
}

function readFilter(filter: unknown): TokenFilter {
  if (!Array.isArray(filter)) throw invalid()
  const [type, shardId, timeMs] = filter as readonly unknown[]
  if (
    typeof type !== 'string' ||
    !(shardId === null || typeof shardId === 'string') ||
    !(timeMs === null || isTime(timeMs))
  ) {
    throw invalid()
  }
  return { type, shardId: shardId ?? undefined, timeMs: timeMs ?? undefined }
}

/** A time that a Date can hold: the token may be anybody's. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= DATE_MS_MAX
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function invalid(): WireError {
  return invalidArgument('NextToken is not one that this list has given.')
}
