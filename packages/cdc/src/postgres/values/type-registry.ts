/**
 * The types of one database, asked of its catalog when they are first met and kept. Types are never changed in place except enums,
 * which get labels; `forget` makes the next question ask again.
 */
import type { SqlSession } from '../connection/sql-session.ts'
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
  readonly #entries = new Map<number, TypeEntry | undefined>()
  readonly #types = new Map<string, RegisteredType>()

  constructor(sql: SqlSession) {
    this.#sql = sql
  }

  forget(): void {
    this.#entries.clear()
    this.#types.clear()
  }

  /** In the order of the uses. The same use gives the same object until `forget`. */
  async types(uses: readonly TypeUse[]): Promise<readonly RegisteredType[]> {
    const missing = new Map(
      uses.filter((use) => !this.#types.has(useKey(use))).map((use) => [useKey(use), use]),
    )
    if (missing.size > 0) await this.#load([...missing.values()])
    return uses.map((use) => {
      const type = this.#types.get(useKey(use))
      // #load has just made every one of them.
      if (type === undefined) throw new Error(`type ${use.oid} was not loaded`)
      return type
    })
  }

  async #load(uses: readonly TypeUse[]): Promise<void> {
    await this.#loadEntries(uses.map((use) => use.oid))
    const natives = await this.#sql.rows(
      `SELECT format_type(u.oid, u.modifier) AS native, format_type(u.base, u.base_modifier) AS base
       FROM unnest($1::oid[], $2::int4[], $3::oid[], $4::int4[]) WITH ORDINALITY AS u(oid, modifier, base, base_modifier, n) ORDER BY n`,
      [
        uses.map((use) => use.oid),
        uses.map((use) => use.modifier),
        uses.map((use) => this.#base(use).oid),
        uses.map((use) => this.#base(use).modifier),
      ],
    )
    uses.forEach((use, i) => {
      const sql = natives[i]?.base ?? '???'
      const native = sql === '???' ? `unknown type ${use.oid}` : sql.toLowerCase()
      this.#types.set(useKey(use), {
        ...postgresType(use.oid, use.modifier, native, (oid) => this.#entries.get(oid)),
        sql,
      })
    })
  }

  /** What a domain is made of. */
  #base(use: TypeUse): TypeUse {
    const entry = this.#entries.get(use.oid)
    return entry?.form === 'd'
      ? this.#base({ oid: entry.base, modifier: use.modifier === -1 ? entry.baseModifier : use.modifier })
      : use
  }

  /** With all that they are made of. */
  async #loadEntries(oids: readonly number[]): Promise<void> {
    let wanted = [...new Set(oids)].filter((oid) => !this.#entries.has(oid))
    while (wanted.length > 0) {
      for (const oid of wanted) this.#entries.set(oid, undefined)
      const rows = await this.#sql.rows(
        `SELECT t.oid, t.typname, t.typtype, t.typdelim, t.typbasetype, t.typtypmod,
           CASE WHEN t.typcategory = 'A' AND t.typlen = -1 AND t.oid NOT IN (22, 30) THEN t.typelem ELSE 0 END AS element,
           CASE WHEN t.typtype = 'e' THEN
             (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e WHERE e.enumtypid = t.oid) END AS labels
         FROM pg_type t WHERE t.oid = ANY($1::oid[])`,
        [wanted],
      )
      const next = new Set<number>()
      for (const row of rows) {
        const entry: TypeEntry = {
          oid: Number(row.oid),
          name: row.typname ?? '',
          form: row.typtype ?? 'b',
          element: Number(row.element),
          delimiter: row.typdelim?.charCodeAt(0) ?? 0x2c,
          base: Number(row.typbasetype),
          baseModifier: Number(row.typtypmod),
          // Made by json_agg of names, a line above.
          labels: row.labels == null ? [] : (JSON.parse(row.labels) as string[]),
        }
        this.#entries.set(entry.oid, entry)
        for (const part of [entry.element, entry.base]) {
          if (part !== 0 && !this.#entries.has(part)) next.add(part)
        }
      }
      wanted = [...next]
    }
  }
}

function useKey({ oid, modifier }: TypeUse): string {
  return `${oid}:${modifier}`
}
