/**
 * A commit as a pure function: metadata, requirements and updates in, the next metadata out. The rules are those of the REST catalog
 * protocol (Apache Iceberg, open-api/rest-catalog-open-api.yaml) and of the table format; every catalog of ours commits through it.
 * Either all updates are made or an error says why none is: COMMIT_CONFLICT for a requirement that does not hold, COMMIT_INVALID for an
 * update that breaks a rule.
 *
 * Ids of -1 stand for what the same commit added last: `add-schema` then `set-current-schema` -1. A schema or spec that is there
 * already is not added again.
 */
import { LakeError } from '../../errors.ts'
import type {
  IcebergSchema,
  PartitionField,
  PartitionSpec,
  Snapshot,
  SnapshotRef,
  TableMetadata,
  TableRequirement,
  TableUpdate,
} from '../metadata.ts'
import { checkSchema, findFieldById, highestId, isSameSchema, valueTypeOf } from './iceberg-schema.ts'
import { parseTransform, refusal, transformResult } from './transform.ts'

const firstPartitionId = 1000
const previousVersionsDefault = 100
const mainBranch = 'main'

export interface ApplyOptions {
  /** ms. */
  readonly now: number
  /** URL of the metadata file that `base` was read from; undefined for a new table. */
  readonly baseLocation: string | undefined
}

/** Error: COMMIT_CONFLICT. `base` is undefined while there is no such table. */
export function checkRequirements(
  base: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
): void {
  for (const requirement of requirements) {
    const problem = unmet(base, requirement)
    if (problem !== undefined) {
      throw new LakeError('COMMIT_CONFLICT', `${problem} Load the table again and repeat the change.`)
    }
  }
}

/** Of a new table with `base` undefined. Errors: COMMIT_INVALID, ICEBERG_SCHEMA_INVALID, ICEBERG_PARTITION_INVALID. */
export function applyUpdates(
  base: TableMetadata | undefined,
  updates: readonly TableUpdate[],
  options: ApplyOptions,
): TableMetadata {
  const draft = new MetadataDraft(base, options.now)
  for (const update of updates) draft.apply(update)
  return draft.finish(options.baseLocation)
}

function unmet(base: TableMetadata | undefined, requirement: TableRequirement): string | undefined {
  if (requirement.type === 'assert-create')
    return base === undefined ? undefined : 'The table exists already.'
  if (base === undefined) return 'The table does not exist.'
  const differs = (name: string, is: unknown, expected: unknown) =>
    is === expected ? undefined : `The ${name} is ${String(is)} and not ${String(expected)} any more.`
  switch (requirement.type) {
    case 'assert-table-uuid':
      return differs("table's uuid", base['table-uuid'].toLowerCase(), requirement.uuid.toLowerCase())
    case 'assert-ref-snapshot-id':
      return differs(
        `snapshot of "${requirement.ref}"`,
        base.refs[requirement.ref]?.['snapshot-id'] ?? null,
        requirement['snapshot-id'] ?? null,
      )
    case 'assert-last-assigned-field-id':
      return differs('last field id', base['last-column-id'], requirement['last-assigned-field-id'])
    case 'assert-current-schema-id':
      return differs('current schema', base['current-schema-id'], requirement['current-schema-id'])
    case 'assert-last-assigned-partition-id':
      return differs(
        'last partition id',
        base['last-partition-id'],
        requirement['last-assigned-partition-id'],
      )
    case 'assert-default-spec-id':
      return differs('default partition spec', base['default-spec-id'], requirement['default-spec-id'])
    case 'assert-default-sort-order-id':
      return differs(
        'default sort order',
        base['default-sort-order-id'],
        requirement['default-sort-order-id'],
      )
    default:
      throw invalid(`The requirement ${JSON.stringify(requirement)} is unknown.`)
  }
}

class MetadataDraft {
  readonly #base: TableMetadata | undefined
  #now: number
  #uuid: string | undefined
  #location: string | undefined
  #lastSequence: number
  #lastColumn: number
  #lastPartition: number
  #schemas: IcebergSchema[]
  #currentSchema: number
  #specs: PartitionSpec[]
  #defaultSpec: number
  #orders: TableMetadata['sort-orders'][number][]
  #defaultOrder: number
  #properties: Map<string, string>
  #snapshots: Snapshot[]
  #log: { readonly 'timestamp-ms': number; readonly 'snapshot-id': number }[]
  #refs: Map<string, SnapshotRef>
  /** Added by this very commit: their time is that of the log's entry. */
  readonly #added = new Set<number>()
  #lastSchemaAdded: number | undefined
  #lastSpecAdded: number | undefined
  #lastOrderAdded: number | undefined

  constructor(base: TableMetadata | undefined, now: number) {
    this.#base = base
    // Clocks of several writers differ; the table's own time does not go back.
    this.#now = Math.max(Math.floor(now), base?.['last-updated-ms'] ?? 0)
    this.#uuid = base?.['table-uuid']
    this.#location = base?.location
    this.#lastSequence = base?.['last-sequence-number'] ?? 0
    this.#lastColumn = base?.['last-column-id'] ?? 0
    this.#lastPartition = base?.['last-partition-id'] ?? firstPartitionId - 1
    this.#schemas = [...(base?.schemas ?? [])]
    this.#currentSchema = base?.['current-schema-id'] ?? -1
    this.#specs = [...(base?.['partition-specs'] ?? [])]
    this.#defaultSpec = base?.['default-spec-id'] ?? -1
    this.#orders = [...(base?.['sort-orders'] ?? [])]
    this.#defaultOrder = base?.['default-sort-order-id'] ?? -1
    this.#properties = new Map(Object.entries(base?.properties ?? {}))
    this.#snapshots = [...(base?.snapshots ?? [])]
    this.#log = [...(base?.['snapshot-log'] ?? [])]
    this.#refs = new Map(Object.entries(base?.refs ?? {}))
  }

  apply(update: TableUpdate): void {
    switch (update.action) {
      case 'assign-uuid':
        if (
          this.#base !== undefined &&
          this.#base['table-uuid'].toLowerCase() !== update.uuid.toLowerCase()
        ) {
          throw invalid(`The table's uuid is ${this.#base['table-uuid']} and cannot become ${update.uuid}.`)
        }
        this.#uuid = update.uuid
        return
      case 'upgrade-format-version':
        if (update['format-version'] === 2) return
        throw new LakeError(
          'ICEBERG_VERSION_UNSUPPORTED',
          `A table cannot be of format version ${update['format-version']} here; version 2 is what is read and written.`,
        )
      case 'add-schema':
        this.#addSchema(update.schema)
        return
      case 'set-current-schema':
        this.#currentSchema = mustKnow(
          update['schema-id'] === -1 ? this.#lastSchemaAdded : update['schema-id'],
          this.#schemas.map((schema) => schema['schema-id']),
          'schema',
        )
        return
      case 'add-spec':
        this.#addSpec(update.spec)
        return
      case 'set-default-spec':
        this.#defaultSpec = mustKnow(
          update['spec-id'] === -1 ? this.#lastSpecAdded : update['spec-id'],
          this.#specs.map((spec) => spec['spec-id']),
          'partition spec',
        )
        return
      case 'add-sort-order':
        this.#addOrder(update['sort-order'])
        return
      case 'set-default-sort-order':
        this.#defaultOrder = mustKnow(
          update['sort-order-id'] === -1 ? this.#lastOrderAdded : update['sort-order-id'],
          this.#orders.map((order) => order['order-id']),
          'sort order',
        )
        return
      case 'add-snapshot':
        this.#addSnapshot(update.snapshot)
        return
      case 'set-snapshot-ref': {
        const { action: _, 'ref-name': name, ...ref } = update
        this.#setRef(name, ref)
        return
      }
      case 'remove-snapshot-ref':
        this.#refs.delete(update['ref-name'])
        return
      case 'remove-snapshots':
        this.#removeSnapshots(new Set(update['snapshot-ids']))
        return
      case 'set-location':
        this.#location = update.location.replace(/\/+$/, '')
        return
      case 'set-properties':
        for (const [name, value] of Object.entries(update.updates)) this.#properties.set(name, value)
        return
      case 'remove-properties':
        for (const name of update.removals) this.#properties.delete(name)
        return
      default:
        throw invalid(`The update ${JSON.stringify(update).slice(0, 200)} is unknown.`)
    }
  }

  finish(baseLocation: string | undefined): TableMetadata {
    if (this.#uuid === undefined) throw invalid('A new table needs a uuid (assign-uuid).')
    if (this.#location === undefined) throw invalid('A new table needs a location (set-location).')
    if (this.#currentSchema === -1)
      throw invalid('A new table needs a schema (add-schema, set-current-schema).')
    if (this.#specs.length === 0) this.#specs.push({ 'spec-id': 0, fields: [] })
    if (this.#defaultSpec === -1) this.#defaultSpec = this.#specs.at(-1)!['spec-id']
    if (this.#orders.length === 0) this.#orders.push({ 'order-id': 0, fields: [] })
    if (this.#defaultOrder === -1) this.#defaultOrder = this.#orders.at(-1)!['order-id']
    this.#checkDefaultSpec()

    const properties = Object.fromEntries(this.#properties)
    const current = this.#refs.get(mainBranch)?.['snapshot-id']
    const { 'current-snapshot-id': _, ...kept } = this.#base ?? {}
    return {
      // What other writers keep there and this one does not know.
      ...kept,
      'format-version': 2,
      'table-uuid': this.#uuid,
      location: this.#location,
      'last-sequence-number': this.#lastSequence,
      'last-updated-ms': this.#now,
      'last-column-id': this.#lastColumn,
      schemas: this.#schemas,
      'current-schema-id': this.#currentSchema,
      'partition-specs': this.#specs,
      'default-spec-id': this.#defaultSpec,
      'last-partition-id': this.#lastPartition,
      properties,
      ...(current === undefined ? {} : { 'current-snapshot-id': current }),
      snapshots: this.#snapshots,
      'snapshot-log': this.#log,
      'metadata-log': this.#metadataLog(baseLocation, properties),
      'sort-orders': this.#orders,
      'default-sort-order-id': this.#defaultOrder,
      refs: Object.fromEntries(this.#refs),
    }
  }

  #addSchema(given: IcebergSchema): void {
    checkSchema(given)
    this.#lastColumn = Math.max(this.#lastColumn, highestId(given))
    const known = this.#schemas.find((schema) => isSameSchema(schema, given))
    if (known === undefined) {
      const id = nextId(this.#schemas.map((schema) => schema['schema-id']))
      this.#schemas.push({ ...given, 'schema-id': id })
      this.#lastSchemaAdded = id
    } else this.#lastSchemaAdded = known['schema-id']
  }

  #addSpec(given: PartitionSpec): void {
    const schema = this.#schema()
    const names = new Set<string>()
    const fields: PartitionField[] = []
    for (const field of given.fields) {
      if (names.has(field.name)) throw partitionInvalid(`two fields are named "${field.name}"`)
      names.add(field.name)
      checkPartitionField(schema, field)
      fields.push({ ...field, 'field-id': field['field-id'] ?? this.#partitionIdFor(field) })
    }
    for (const field of fields) this.#lastPartition = Math.max(this.#lastPartition, field['field-id'])
    if (new Set(fields.map((field) => field['field-id'])).size < fields.length) {
      throw partitionInvalid('two fields have the same id')
    }
    const known = this.#specs.find((spec) => isSameSpec(spec.fields, fields))
    if (known === undefined) {
      const id = nextId(this.#specs.map((spec) => spec['spec-id']))
      this.#specs.push({ 'spec-id': id, fields })
      this.#lastSpecAdded = id
    } else this.#lastSpecAdded = known['spec-id']
  }

  /** A field that an older spec has keeps its id, so that partition values of one id are always of one type. */
  #partitionIdFor(field: PartitionField): number {
    for (const spec of this.#specs) {
      for (const known of spec.fields) {
        if (known['source-id'] === field['source-id'] && known.transform === field.transform)
          return known['field-id']
      }
    }
    return ++this.#lastPartition
  }

  #addOrder(given: TableMetadata['sort-orders'][number]): void {
    const known = this.#orders.find((order) => JSON.stringify(order.fields) === JSON.stringify(given.fields))
    if (known === undefined) {
      // 0 is the unsorted order.
      const taken = this.#orders.map((order) => order['order-id'])
      const id = given.fields.length === 0 ? 0 : Math.max(1, nextId(taken))
      this.#orders.push({ 'order-id': id, fields: given.fields })
      this.#lastOrderAdded = id
    } else this.#lastOrderAdded = known['order-id']
  }

  #addSnapshot(snapshot: Snapshot): void {
    const id = snapshot['snapshot-id']
    const sequence = snapshot['sequence-number']
    if (!Number.isSafeInteger(id) || id <= 0) {
      throw new LakeError(
        'ICEBERG_NUMBER_TOO_LARGE',
        `The snapshot id ${id} is not between 1 and 2^53 - 1, so it cannot be kept exactly.`,
      )
    }
    if (this.#snapshots.some((known) => known['snapshot-id'] === id)) {
      throw invalid(`The table has a snapshot ${id} already.`)
    }
    if (sequence <= this.#lastSequence) {
      // It was worked out from an older state: worth another attempt.
      throw new LakeError(
        'COMMIT_CONFLICT',
        `The snapshot's sequence number is ${sequence}, and the table's last one is ${this.#lastSequence} by now.`,
      )
    }
    this.#snapshots.push(snapshot)
    this.#now = Math.max(this.#now, snapshot['timestamp-ms'])
    this.#added.add(id)
    this.#lastSequence = sequence
  }

  #setRef(name: string, ref: SnapshotRef): void {
    const snapshot = this.#snapshots.find((known) => known['snapshot-id'] === ref['snapshot-id'])
    if (snapshot === undefined) {
      throw invalid(`The ref "${name}" cannot be set to ${ref['snapshot-id']}: there is no such snapshot.`)
    }
    if (name === mainBranch && ref.type !== 'branch') throw invalid('"main" is a branch and cannot be a tag.')
    const before = this.#refs.get(name)
    this.#refs.set(name, ref)
    if (name !== mainBranch || before?.['snapshot-id'] === ref['snapshot-id']) return
    const time = this.#added.has(ref['snapshot-id']) ? snapshot['timestamp-ms'] : this.#now
    // A writer's clock may be behind; the log's times are in order, since reading as of a time relies on it.
    const last = this.#log.at(-1)?.['timestamp-ms'] ?? 0
    this.#log.push({ 'timestamp-ms': Math.max(time, last), 'snapshot-id': ref['snapshot-id'] })
  }

  #removeSnapshots(ids: ReadonlySet<number>): void {
    this.#snapshots = this.#snapshots.filter((snapshot) => !ids.has(snapshot['snapshot-id']))
    for (const [name, ref] of this.#refs) if (ids.has(ref['snapshot-id'])) this.#refs.delete(name)
    // What was current before a snapshot that is gone cannot be told without gaps, so it goes as well.
    const gone = this.#log.findLastIndex((entry) => ids.has(entry['snapshot-id']))
    this.#log = this.#log.slice(gone + 1)
  }

  #schema(): IcebergSchema {
    const id = this.#currentSchema === -1 ? this.#lastSchemaAdded : this.#currentSchema
    const schema = this.#schemas.find((known) => known['schema-id'] === id)
    if (schema === undefined) throw invalid('A partition spec was to be added before there is a schema.')
    return schema
  }

  #checkDefaultSpec(): void {
    const spec = this.#specs.find((known) => known['spec-id'] === this.#defaultSpec)!
    const schema = this.#schema()
    for (const field of spec.fields) {
      if (field.transform !== 'void') checkPartitionField(schema, field)
    }
  }

  #metadataLog(baseLocation: string | undefined, properties: Readonly<Record<string, string>>) {
    const log = this.#base?.['metadata-log'] ?? []
    if (this.#base === undefined || baseLocation === undefined) return log
    const entry = { 'timestamp-ms': this.#base['last-updated-ms'], 'metadata-file': baseLocation }
    const max = Number(properties['write.metadata.previous-versions-max'] ?? previousVersionsDefault)
    return [...log, entry].slice(-(Number.isInteger(max) && max > 0 ? max : previousVersionsDefault))
  }
}

function checkPartitionField(schema: IcebergSchema, field: PartitionField): void {
  const source = findFieldById(schema, field['source-id'])
  if (source === undefined) {
    throw partitionInvalid(
      `"${field.name}" is made from the column ${field['source-id']}, which is not there`,
    )
  }
  const type = valueTypeOf(source.field)
  if (type === undefined || source.isRepeated) {
    throw partitionInvalid(`"${source.path}" holds no single value in each row`)
  }
  const transform = parseTransform(field.transform)
  if (transform.kind === 'unknown') {
    throw partitionInvalid(
      `the transform ${JSON.stringify(field.transform)} is not one of identity, bucket[N], truncate[W], year, month, day, hour, void`,
    )
  }
  if (transformResult(transform, type) === undefined) throw refusal(transform, type, source.path)
}

function isSameSpec(a: readonly PartitionField[], b: readonly PartitionField[]): boolean {
  const text = (fields: readonly PartitionField[]) =>
    JSON.stringify(
      fields.map((field) => [field['source-id'], field.transform, field.name, field['field-id']]),
    )
  return text(a) === text(b)
}

function nextId(taken: readonly number[]): number {
  return taken.reduce((highest, id) => Math.max(highest, id), -1) + 1
}

function mustKnow(id: number | undefined, known: readonly number[], what: string): number {
  if (id !== undefined && known.includes(id)) return id
  throw invalid(`There is no ${what} ${id ?? '-1, since none was added by this commit'}.`)
}

function invalid(message: string): LakeError {
  return new LakeError('COMMIT_INVALID', message)
}

function partitionInvalid(what: string): LakeError {
  return new LakeError('ICEBERG_PARTITION_INVALID', `A partition spec cannot be used: ${what}.`)
}
