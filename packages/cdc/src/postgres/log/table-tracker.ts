/**
 * The tables that are followed, by OID, with the schemas that are in force where the log is read; and how they change. Changes are
 * noticed in two ways, for Postgres logs no statement: by the log's own description of a table, which comes before its first row after
 * each change (exact place), and by looks at the catalog (tables that nobody writes to; created and dropped ones). What is noticed
 * becomes known only when its event comes out (`apply`), so that a stream that breaks in between loses none.
 */
import type { LogTables } from '../../log/log-reader.ts'
import { type TableName, type TableSchema, tableText } from '../../model/table-schema.ts'
import { TupleReader } from '../pgoutput/tuple-reader.ts'
import { type Catalog, tablesById, tablesByName } from '../schema/catalog-table.ts'
import { relationSchema } from '../schema/relation-schema.ts'
import { oidOf, schemaDetails } from '../schema/schema-details.ts'
import { schemaDifference } from '../schema/schema-difference.ts'
import type { CatalogLook } from './catalog-look.ts'
import type { FoundChange, Relation } from './change-assembler.ts'

export class TableTracker {
  readonly #catalog: Catalog
  readonly #tables: LogTables
  readonly #known = new Map<number, TableSchema>()
  /** Known by their schemas alone: they are gone from the catalog, or were when reading began. By name. */
  #missing = new Map<string, TableSchema>()
  /** Counts `apply`, and when it met a table last: an older look at the catalog says nothing of that table. */
  #applied = 0
  readonly #appliedAt = new Map<number, number>()

  constructor(catalog: Catalog, tables: LogTables) {
    this.#catalog = catalog
    this.#tables = tables
  }

  /** To be called once before all else. */
  async open(): Promise<void> {
    const unnumbered: TableSchema[] = []
    for (const schema of this.#tables.schemas()) {
      const oid = oidOf(schema)
      if (oid === undefined) unnumbered.push(schema)
      else this.#known.set(oid, schema)
    }
    const found = new Map(
      (await tablesByName(this.#catalog, unnumbered)).map((table) => [tableText(table.schema), table]),
    )
    for (const schema of unnumbered) {
      const table = found.get(tableText(schema))
      if (table === undefined) this.#missing.set(tableText(schema), schema)
      else this.#known.set(table.oid, { ...schema, details: schemaDetails(table.oid, []) })
    }
  }

  /** Takes in tables that are followed by now and of which the log has said nothing yet. */
  adopt(): void {
    for (const schema of this.#tables.schemas()) {
      const oid = oidOf(schema)
      if (oid !== undefined && !this.#known.has(oid) && !this.#appliedAt.has(oid))
        this.#known.set(oid, schema)
    }
  }

  get known(): Iterable<TableSchema> {
    return this.#known.values()
  }

  get applied(): number {
    return this.#applied
  }

  /** Looks up what the server described: sets the relation's reader and what has changed by it. */
  async resolve(relation: Relation): Promise<void> {
    const { message } = relation
    const known = this.#known.get(message.id)
    const isSelected = this.#tables.isSelected(message)
    if (known === undefined && !isSelected) {
      relation.reader = null
      return
    }
    const types = await this.#catalog.types.types(
      message.columns.map((column) => ({ oid: column.typeId, modifier: column.modifier })),
    )
    let schema = known === undefined ? undefined : relationSchema(message, types, known, undefined)
    if (schema === undefined || schema !== known) {
      const [now] = await tablesById(this.#catalog, [message.id])
      schema = relationSchema(message, types, known, now?.schema)
    }
    relation.changes = await this.#changes(message.id, schema)
    relation.reader = isSelected
      ? new TupleReader(
          schema,
          types.map((type) => type.read),
          message.columns.map((column) => column.isKey),
        )
      : null
  }

  /** What makes the known schema of the table this one. */
  async #changes(oid: number, schema: TableSchema): Promise<readonly FoundChange[]> {
    const known = this.#known.get(oid)
    if (known === schema) return []
    const changes: FoundChange[] = []
    const isRenamed = known !== undefined && !isSameName(known, schema)
    if (known === undefined || isRenamed) changes.push(...(await this.#makeRoom(schema)))
    if (known === undefined) {
      changes.push({
        operation: 'create-table',
        table: nameOf(schema),
        before: undefined,
        after: schema,
      })
      return changes
    }
    const renamed = isRenamed ? { ...known, ...nameOf(schema) } : known
    if (isRenamed) {
      changes.push({ operation: 'rename-table', table: nameOf(known), before: known, after: renamed })
    }
    const operation = schemaDifference(known, schema)
    if (operation !== undefined)
      changes.push({ operation, table: nameOf(schema), before: renamed, after: schema })
    return changes
  }

  /**
   * Frees a name that another known table has: that one was dropped, or renamed. Where two swap their names, the other goes by a name
   * of its own until its turn comes.
   */
  async #makeRoom(schema: TableSchema): Promise<readonly FoundChange[]> {
    const text = tableText(schema)
    const missing = this.#missing.get(text)
    if (missing !== undefined) return [dropped(missing)]
    const oid = oidOf(schema)
    const holder = [...this.#known].find(([other, known]) => other !== oid && isSameName(known, schema))
    if (holder === undefined) return []
    const [holderOid, before] = holder
    const [now] = await tablesById(this.#catalog, [holderOid])
    if (now === undefined) return [dropped(before)]
    const isFree = ![...this.#known.values()].some((other) => isSameName(other, now.schema))
    const name = isFree ? nameOf(now.schema) : waitingName(before, holderOid)
    return [{ operation: 'rename-table', table: nameOf(before), before, after: { ...before, ...name } }]
  }

  /** A change has come out. */
  apply(change: FoundChange): void {
    this.#applied++
    const { before, after } = change
    if (before !== undefined) this.#missing.delete(tableText(before))
    const schema = after ?? before
    const oid = schema === undefined ? undefined : oidOf(schema)
    if (oid === undefined) return
    this.#appliedAt.set(oid, this.#applied)
    const isWaiting =
      before !== undefined && after !== undefined && isSameName(after, waitingName(before, oid))
    if (after !== undefined && (isWaiting || this.#tables.isSelected(after))) this.#known.set(oid, after)
    else this.#known.delete(oid)
  }

  /**
   * What a look at the catalog found that the log has not told; `since` is `applied` from before the look. To be asked, and its answer
   * applied, until there is no more.
   */
  async lookChanges({ asked, seen }: CatalogLook, since: number): Promise<readonly FoundChange[]> {
    const isFresh = (oid: number) => (this.#appliedAt.get(oid) ?? 0) <= since
    const oids = new Set(seen.map((table) => table.oid))
    const changes: FoundChange[] = [...this.#missing.values()].map(dropped)
    for (const [oid, known] of this.#known) {
      if (asked.has(oid) && !oids.has(oid) && isFresh(oid)) changes.push(dropped(known))
    }
    if (changes.length > 0) return changes
    for (const { oid, schema } of seen) {
      if (!isFresh(oid) || !this.#known.has(oid)) continue
      // One table at a time: room that is made for it changes what is known of others.
      const found = await this.#changes(oid, schema)
      if (found.length > 0) return found
    }
    return []
  }
}

/** Of a table whose name another one has taken before its own rename was seen. */
function waitingName({ schema, table }: TableName, oid: number): TableName {
  return { schema, table: `${table}_renamed_${oid}` }
}

function dropped(before: TableSchema): FoundChange {
  return { operation: 'drop-table', table: nameOf(before), before, after: undefined }
}

function nameOf({ schema, table }: TableName): TableName {
  return { schema, table }
}

function isSameName(a: TableName, b: TableName): boolean {
  return a.schema === b.schema && a.table === b.table
}
