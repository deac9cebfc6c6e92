/**
 * A place in the log of a Postgres. Reading begins at `lsn`, which is no transaction's inside: every transaction whose commit record
 * stands there or later comes whole. `commit` and `taken` say that of the transaction with that commit record so many changes are done.
 * `system` is the identifier of the database cluster: LSNs of another one mean nothing; `timeline` the one that the place was read on.
 */
import { CdcError } from '../../errors.ts'
import type { LogPosition } from '../../log/log-reader.ts'
import { type Lsn, lsnText, parseLsn } from '../pgoutput/lsn.ts'

/** Which log a place is of, as far as known. */
export interface LogOrigin {
  readonly system: string | undefined
  readonly timeline: number | undefined
}

export interface PostgresPosition extends LogOrigin {
  readonly lsn: Lsn
  readonly inside: { readonly commit: Lsn; readonly taken: number } | undefined
}

export function positionToJson({ lsn, inside, system, timeline }: PostgresPosition): LogPosition {
  return {
    lsn: lsnText(lsn),
    ...(inside !== undefined && { commit: lsnText(inside.commit), taken: inside.taken }),
    ...(system !== undefined && { system }),
    ...(timeline !== undefined && { timeline }),
  }
}

/** Throws CDC_POSITION. */
export function positionFromJson(position: LogPosition): PostgresPosition {
  const { lsn, commit, taken, system, timeline } = position
  const at = typeof lsn === 'string' ? parseLsn(lsn) : undefined
  const inside = typeof commit === 'string' ? parseLsn(commit) : undefined
  if (
    at === undefined ||
    (commit !== undefined && (inside === undefined || !Number.isSafeInteger(taken))) ||
    (system !== undefined && typeof system !== 'string') ||
    (timeline !== undefined && typeof timeline !== 'number')
  ) {
    throw new CdcError(
      'CDC_POSITION',
      `${JSON.stringify(position)} is no position in the log of a Postgres: it must have an "lsn" such as "0/16B3748".`,
    )
  }
  return {
    lsn: at,
    // Just checked to be a number where there is a commit.
    inside: inside === undefined ? undefined : { commit: inside, taken: taken as number },
    system,
    timeline,
  }
}

/** Where everything before was read, the open transaction's part too. */
export function reachedLsn({ lsn, inside }: PostgresPosition): Lsn {
  return inside?.commit ?? lsn
}

/** A transaction that is read later, or a later change of one: greater. */
export function comparePostgresPositions(a: PostgresPosition, b: PostgresPosition): number {
  const [left, right] = [reachedLsn(a), reachedLsn(b)]
  if (left !== right) return left < right ? -1 : 1
  return (a.inside?.taken ?? 0) - (b.inside?.taken ?? 0)
}
