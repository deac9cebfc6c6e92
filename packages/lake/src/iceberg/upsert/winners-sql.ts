/**
 * Which change of each key stands, in SQL. The rule is that of one change after the other, so that it does not matter how they are cut
 * into batches: a change takes the place of the key's row unless that row's precombine value is larger. A missing value is less than any;
 * a deletion without a value takes the row away in any case; and of a row that is gone nothing remains that a later change could lose to.
 *
 * Without deletions that is the change with the largest value, the last of equal ones, if it is not less than the table's. Keys with
 * deletions are folded one by one, in the order of arrival.
 */
import { duckName } from '../../schema/duck-type.ts'
import { deleteOp } from './upsert-options.ts'

export interface WinnersInput {
  readonly changes: string
  /** Keys that the table has, with `__p`, the largest precombine value that one has there. */
  readonly existing: string
  readonly key: readonly string[]
  readonly precombine: string | undefined
  readonly hasDeletes: boolean
}

/** A query of the changes that stand, whole. */
export function winnersSql({ changes, existing, key, precombine, hasDeletes }: WinnersInput): string {
  const keys = key.map(duckName)
  const partition = keys.map((name) => `c.${name}`).join(', ')
  if (precombine === undefined)
    return `SELECT c.* FROM ${changes} c QUALIFY row_number() OVER (PARTITION BY ${partition} ORDER BY c.__n DESC) = 1`
  const value = `c.${duckName(precombine)}`
  const same = (left: string, right: string) =>
    keys.map((name) => `${left}.${name} = ${right}.${name}`).join(' AND ')
  const largest = (rows: string) => `
    SELECT w.* FROM (
      SELECT c.* FROM ${rows} c
      QUALIFY row_number() OVER (PARTITION BY ${partition} ORDER BY ${value} DESC NULLS LAST, c.__n DESC) = 1
    ) w LEFT JOIN ${existing} e ON ${same('w', 'e')}
    WHERE NOT ${isLarger('e.__p', `w.${duckName(precombine)}`)}`
  if (!hasDeletes) return largest(changes)
  const mixed = `(SELECT DISTINCT ${keys.join(', ')} FROM ${changes} WHERE __op = ${deleteOp})`
  const names = keys.join(', ')
  return `
    WITH mixed AS MATERIALIZED ${mixed},
    steps AS (
      SELECT ${partition}, list({op: c.__op, p: ${value}, n: c.__n} ORDER BY c.__n) AS s
      FROM ${changes} c SEMI JOIN mixed m ON ${same('c', 'm')} GROUP BY ${partition}
    ),
    last AS (
      SELECT list_reduce(
        list_prepend({op: CAST(CASE WHEN e.${keys[0]} IS NULL THEN ${deleteOp} ELSE 1 END AS INTEGER), p: e.__p, n: CAST(-1 AS BIGINT)}, s),
        lambda old, new: CASE
          WHEN old.op = ${deleteOp} THEN new
          WHEN new.op = ${deleteOp} AND new.p IS NULL THEN new
          WHEN ${isLarger('old.p', 'new.p')} THEN old
          ELSE new END).n AS n
      FROM (SELECT ${names}, s FROM steps) c LEFT JOIN ${existing} e ON ${same('c', 'e')}
    )
    SELECT c.* FROM ${changes} c JOIN last l ON c.__n = l.n
    UNION ALL ${largest(`(SELECT c.* FROM ${changes} c ANTI JOIN mixed m ON ${same('c', 'm')})`)}`
}

function isLarger(a: string, b: string): string {
  return `(${a} IS NOT NULL AND (${b} IS NULL OR ${a} > ${b}))`
}
