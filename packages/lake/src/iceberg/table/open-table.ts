/** A table by name: what it is now, scans of it and changes to it, through whichever catalog keeps it. */
import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { toLakeSchema } from '../format/iceberg-schema.ts'
import { partitionColumns } from '../format/manifest-schema.ts'
import { partitionFields, partitionFolder } from '../format/partition-by.ts'
import type { PartitionSpec, Snapshot, TableMetadata, TableRequirement, TableUpdate } from '../metadata.ts'
import type { LoadedTable, TableCatalog, TableName } from '../table-catalog.ts'
import type {
  CommitOutcome,
  IcebergTable,
  PartitionBy,
  PartitionTuple,
  RowChange,
  ScanOptions,
  ScanPlan,
  SchemaChange,
  SnapshotAt,
} from '../table-port.ts'
import { type CommitOptions, commitRows } from './commit-rows.ts'
import { evolvedSchema } from './evolve-schema.ts'
import { planScan, snapshotAt } from './plan-scan.ts'
import {
  currentSchemaOf,
  currentSpecOf,
  ManifestCache,
  schemasNewestFirst,
  TableFiles,
} from './table-files.ts'

export interface OpenTableOptions {
  /** The bucket that the table's files are in. */
  readonly store: ObjectStore
  readonly clock?: Clock
  /** Version 4 uuids, for names of files and ids of snapshots. */
  readonly uuid?: () => string
  /** Shared by several handles; one of its own unless given. */
  readonly cache?: ManifestCache
}

const attemptsMax = 30

/** Errors: ICEBERG_TABLE_MISSING, ICEBERG_LOCATION_FOREIGN, those of reading metadata. */
export async function openTable(
  catalog: TableCatalog,
  name: TableName,
  { store, clock = systemClock, uuid = randomUUID, cache = new ManifestCache() }: OpenTableOptions,
): Promise<Table> {
  const files = new TableFiles(store, cache)
  const loaded = await load(catalog, name)
  files.keyOf(loaded.metadata.location)
  return new Table({ name, catalog, files, clock, uuid, loaded })
}

interface TableParts {
  readonly name: TableName
  readonly catalog: TableCatalog
  readonly files: TableFiles
  readonly clock: Clock
  readonly uuid: () => string
  readonly loaded: LoadedTable
}

/** The handle with what maintenance needs beside the port. */
export class Table implements IcebergTable {
  readonly name: TableName
  readonly catalog: TableCatalog
  readonly files: TableFiles
  readonly clock: Clock
  readonly uuid: () => string
  #loaded: LoadedTable

  constructor({ name, catalog, files, clock, uuid, loaded }: TableParts) {
    this.name = name
    this.catalog = catalog
    this.files = files
    this.clock = clock
    this.uuid = uuid
    this.#loaded = loaded
  }

  get store(): ObjectStore {
    return this.files.store
  }

  get loaded(): LoadedTable {
    return this.#loaded
  }

  get metadata(): TableMetadata {
    return this.#loaded.metadata
  }

  get schema(): LakeSchema {
    return toLakeSchema(currentSchemaOf(this.metadata))
  }

  get spec(): PartitionSpec {
    return currentSpecOf(this.metadata)
  }

  async refresh(): Promise<TableMetadata> {
    const loaded = await load(this.catalog, this.name)
    if (loaded.metadata['table-uuid'] !== this.metadata['table-uuid']) {
      throw new LakeError(
        'ICEBERG_TABLE_MISSING',
        `The table "${textOf(this.name)}" was dropped, and another one has its name. Open it again.`,
      )
    }
    this.#loaded = loaded
    return loaded.metadata
  }

  adopt(loaded: LoadedTable): void {
    this.#loaded = loaded
  }

  snapshot(at?: SnapshotAt): Snapshot | undefined {
    return snapshotAt(this.metadata, at)
  }

  plan(options: ScanOptions = {}): Promise<ScanPlan> {
    return planScan(this.files, this.metadata, options)
  }

  commit(change: RowChange, options: CommitOptions = {}): Promise<CommitOutcome> {
    return commitRows(this, change, options)
  }

  async evolveSchema(changes: readonly SchemaChange[]): Promise<LakeSchema> {
    await this.change((metadata) => {
      const schema = evolvedSchema(metadata, changes)
      if (schema === undefined) return undefined
      return {
        requirements: [
          { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
          { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': metadata['last-column-id'] },
        ],
        updates: [
          { action: 'add-schema', schema },
          { action: 'set-current-schema', 'schema-id': -1 },
        ],
      }
    })
    return this.schema
  }

  async evolvePartitions(by: readonly PartitionBy[]): Promise<PartitionSpec> {
    await this.change((metadata) => {
      const specs = metadata['partition-specs']
      const fields = partitionFields(currentSchemaOf(metadata), by, specs, metadata['last-partition-id'])
      return {
        requirements: [
          { type: 'assert-default-spec-id', 'default-spec-id': metadata['default-spec-id'] },
          { type: 'assert-current-schema-id', 'current-schema-id': metadata['current-schema-id'] },
          {
            type: 'assert-last-assigned-partition-id',
            'last-assigned-partition-id': metadata['last-partition-id'],
          },
        ],
        updates: [
          { action: 'add-spec', spec: { 'spec-id': -1, fields } },
          { action: 'set-default-spec', 'spec-id': -1 },
        ],
      }
    })
    return this.spec
  }

  async setProperties(properties: Readonly<Record<string, string | null>>): Promise<void> {
    const removals = Object.keys(properties).filter((name) => properties[name] === null)
    const updates = Object.fromEntries(
      Object.entries(properties).filter((entry): entry is [string, string] => entry[1] !== null),
    )
    await this.change(() => ({
      requirements: [],
      updates: [
        ...(Object.keys(updates).length > 0
          ? [{ action: 'set-properties', updates } satisfies TableUpdate]
          : []),
        ...(removals.length > 0 ? [{ action: 'remove-properties', removals } satisfies TableUpdate] : []),
      ],
    }))
  }

  async setRef(
    name: string,
    ref: { readonly type: 'branch' | 'tag'; readonly snapshotId: number } | undefined,
  ): Promise<void> {
    await this.change((metadata) => ({
      requirements: [
        {
          type: 'assert-ref-snapshot-id',
          ref: name,
          'snapshot-id': metadata.refs[name]?.['snapshot-id'] ?? null,
        },
      ],
      updates: [
        ref === undefined
          ? { action: 'remove-snapshot-ref', 'ref-name': name }
          : { action: 'set-snapshot-ref', 'ref-name': name, type: ref.type, 'snapshot-id': ref.snapshotId },
      ],
    }))
  }

  keyOf(url: string): string {
    return this.files.keyOf(url)
  }

  urlOf(key: string): string {
    return this.files.urlOf(key)
  }

  dataKey(spec: PartitionSpec, partition: PartitionTuple, fileName: string): string {
    const columns = partitionColumns(spec, schemasNewestFirst(this.metadata))
    const folder = partitionFolder(columns, partition)
    return `${this.keyOf(this.metadata.location)}/data/${folder === '' ? '' : `${folder}/`}${fileName}`
  }

  /** A change of metadata alone, worked out anew from the newest state while others are first. Undefined or no updates: nothing to do. */
  async change(
    make: (
      metadata: TableMetadata,
    ) =>
      | { readonly requirements: readonly TableRequirement[]; readonly updates: readonly TableUpdate[] }
      | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const commit = make(this.metadata)
      if (commit === undefined || commit.updates.length === 0) return
      const requirements: TableRequirement[] = [
        { type: 'assert-table-uuid', uuid: this.metadata['table-uuid'] },
        ...commit.requirements,
      ]
      try {
        this.#loaded = await this.catalog.commitTable(this.name, requirements, commit.updates)
        return
      } catch (error) {
        const isConflict = error instanceof Error && 'code' in error && error.code === 'COMMIT_CONFLICT'
        if (!isConflict || attempt >= attemptsMax) throw error
        await this.refresh()
      }
    }
  }
}

async function load(catalog: TableCatalog, name: TableName): Promise<LoadedTable> {
  const loaded = await catalog.loadTable(name)
  if (loaded !== undefined) return loaded
  throw new LakeError('ICEBERG_TABLE_MISSING', `There is no table "${textOf(name)}" in the catalog.`)
}

function textOf({ namespace, name }: TableName): string {
  return [...namespace, name].join('.')
}
