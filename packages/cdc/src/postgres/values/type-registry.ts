/**
 * The types of one database, asked of its catalog when they are first met and kept. Types are never changed in place except enums,
 * which get labels; `forget` makes the next question ask again.
 */
import type { SqlRow, SqlSession } from '../connection/sql-session.ts'
import { type PostgresType, postgresType, type TypeEntry } from './postgres-type.ts'

export interface TypeUse {
  readonly oid: number
  readonly modifier: number
}

export interface RegisteredType extends PostgresType {
  /** In SQL; of a domain, what it is made of. */
  readonly sql: string
}

export class TypeRegistry {
  readonly #sql: SqlSession
  #known = new KnownTypes()

  constructor(sql: SqlSession) {
    this.#sql = sql
  }

  forget(): void {
    this.#known = new KnownTypes()
  }

  /** In the order of the uses. The same use gives the same object until `forget`. */
  async types(uses: readonly TypeUse[]): Promise<readonly RegisteredType[]> {
    const known = this.#known
    if (uses.some((use) => !known.types.has(useKey(use)))) {
      // One after the other, since entries are looked up in several steps.
      const loading = known.loading.then(() => this.#load(known, uses))
      known.loading = loading.catch(() => {})
      await loading
    }
    return uses.map((use) => {
      const type = known.types.get(useKey(use))
      // #load has just made every one of them.
      if (type === undefined) throw new Error(`type ${use.oid} was not loaded`)
      return type
    })
  }

  async #load(known: KnownTypes, asked: readonly TypeUse[]): Promise<void> {
    const missing = new Map(asked.map((use) => [useKey(use), use]))
    for (const key of known.types.keys()) missing.delete(key)
    if (missing.size === 0) return
    const uses = [...missing.values()]
    await this.#loadEntries(
      known,
      uses.map((use) => use.oid),
    )
    const bases = uses.map((use) => baseOf(known, use))
    const natives = await this.#sql.rows(
      `SELECT format_type(b.oid, b.modifier) AS base
       FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY AS b(oid, modifier, n) ORDER BY n`,
      [bases.map((base) => base.oid), bases.map((base) => base.modifier)],
    )
    uses.forEach((use, i) => {
      const sql = natives[i]?.base ?? '???'
      const native = sql === '???' ? `unknown type ${use.oid}` : sql.toLowerCase()
      const type = postgresType(use.oid, use.modifier, native, (oid) => known.entries.get(oid))
      known.types.set(useKey(use), { ...type, sql })
    })
  }

  /** With all that they are made of. */
  async #loadEntries({ entries }: KnownTypes, oids: readonly number[]): Promise<void> {
    // Kept when all is there: a half that is kept would look whole to the next one.
    const found = new Map<number, TypeEntry | undefined>()
    const isNew = (oid: number) => !entries.has(oid) && !found.has(oid)
    let wanted = [...new Set(oids)].filter(isNew)
    while (wanted.length > 0) {
      const rows = await this.#sql.rows(
        `SELECT t.oid, t.typname, t.typtype, t.typdelim, t.typbasetype, t.typtypmod,
           CASE WHEN t.typcategory = 'A' AND t.typlen = -1 AND t.oid NOT IN (22, 30) THEN t.typelem ELSE 0 END AS element,
           CASE WHEN t.typtype = 'e' THEN
             (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e WHERE e.enumtypid = t.oid) END AS labels
         FROM pg_type t WHERE t.oid = ANY($1::oid[])`,
        [wanted],
      )
      // Those that are gone stay unknown.
      for (const oid of wanted) found.set(oid, undefined)
      const next = new Set<number>()
      for (const row of rows) {
        const entry = entryOf(row)
        found.set(entry.oid, entry)
        for (const part of [entry.element, entry.base]) {
          if (part !== 0 && isNew(part)) next.add(part)
        }
      }
      wanted = [...next]
    }
    for (const [oid, entry] of found) entries.set(oid, entry)
  }
}

class KnownTypes {
  readonly entries = new Map<number, TypeEntry | undefined>()
  readonly types = new Map<string, RegisteredType>()
  loading: Promise<void> = Promise.resolve()
}

function entryOf(row: SqlRow): TypeEntry {
  return {
    oid: Number(row.oid),
    name: row.typname ?? '',
    form: row.typtype ?? 'b',
    element: Number(row.element),
    delimiter: row.typdelim?.charCodeAt(0) ?? 0x2c,
    base: Number(row.typbasetype),
    baseModifier: Number(row.typtypmod),
    // Made by json_agg of names.
    labels: row.labels == null ? [] : (JSON.parse(row.labels) as string[]),
  }
}

/** What a domain is made of. */
function baseOf(known: KnownTypes, use: TypeUse): TypeUse {
  const entry = known.entries.get(use.oid)
  if (entry?.form !== 'd') return use
  return baseOf(known, { oid: entry.base, modifier: use.modifier === -1 ? entry.baseModifier : use.modifier })
}

function useKey({ oid, modifier }: TypeUse): string {
  return `${oid}:${modifier}`
}
