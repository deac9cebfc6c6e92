/**
 * One snapshot: manifests, their list, and the commit of both through the catalog. In this order, so that a stop at any step leaves the
 * table as it was, and files that nobody names (orphans).
 *
 * When somebody else was first, the change is made again on top of theirs if it still holds: added files stay what they are, manifests
 * with removed files are written anew. It holds no more where a removed file is gone or has got new deletes, or where a file that new
 * position deletes name is gone; those are conflicts that only the caller can mend, who has to read again.
 *
 * Small manifests are put together when there are many, as `commit.manifest.min-count-to-merge` and `commit.manifest.target-size-bytes`
 * of the table say. Cost of an append: its own manifest, and a list with a line for each manifest of the table.
 */
import type { Clock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import { type EntryStatus, type ManifestEntry, type ManifestHead, writeManifest } from '../format/manifest.ts'
import type { ManifestContent, ManifestFile } from '../format/manifest-file.ts'
import { summarize, writeManifestList } from '../format/manifest-list.ts'
import { partitionColumns } from '../format/manifest-schema.ts'
import type { Snapshot, TableMetadata, TableRequirement, TableUpdate } from '../metadata.ts'
import type { LoadedTable, TableCatalog, TableName } from '../table-catalog.ts'
import type { CommitOutcome, ContentFile, LiveFile, RowChange } from '../table-port.ts'
import { checkNoNewDeletes, checkReferenced, isAncestor } from './conflicts.ts'
import { referencedFile } from './plan-scan.ts'
import { operationOf, summaryOf } from './snapshot-summary.ts'
import { currentSchemaOf, schemasNewestFirst, specOf, type TableFiles } from './table-files.ts'

export interface CommitHost {
  readonly name: TableName
  readonly catalog: TableCatalog
  readonly files: TableFiles
  readonly clock: Clock
  /** New for each call; 32 hex digits and dashes. */
  readonly uuid: () => string
  readonly loaded: LoadedTable
  refresh(): Promise<TableMetadata>
  adopt(loaded: LoadedTable): void
}

// Each attempt lost is one that somebody else has won, so the table moves on; this ends what would otherwise starve unseen.
const attemptsMax = 200
const entriesOfManifest = 10_000
const mergeCountDefault = 100
const mergeBytesDefault = 8 * 1024 * 1024

export interface CommitOptions {
  /** Puts manifests together however few they are; full ones stay. */
  readonly mergeAll?: boolean
}

export async function commitRows(
  host: CommitHost,
  change: RowChange,
  options: CommitOptions = {},
): Promise<CommitOutcome> {
  const commit = new RowCommit(host, change, options)
  for (let attempt = 1; ; attempt++) {
    if (attempt > 1) await host.refresh()
    if (change.isDone?.(host.loaded.metadata) === true) {
      await commit.discardAll()
      return { snapshot: undefined, isRepeat: true, attempts: attempt }
    }
    try {
      return { snapshot: await commit.attempt(attempt), isRepeat: false, attempts: attempt }
    } catch (error) {
      if (isOf(error, 'COMMIT_UNKNOWN')) {
        // Perhaps it was made: the snapshot's id tells.
        const metadata = await host.refresh()
        const made = metadata.snapshots.find((each) => each['snapshot-id'] === commit.snapshotId)
        if (made !== undefined) return { snapshot: made, isRepeat: false, attempts: attempt }
        throw error
      }
      await commit.discardAttempt()
      if (error instanceof Lost && attempt < attemptsMax) continue
      await commit.discardAll()
      throw error instanceof Lost ? error.conflict : error
    }
  }
}

/** The catalog says that somebody else was first: worth another attempt. */
class Lost extends Error {
  readonly conflict: unknown

  constructor(conflict: unknown) {
    super('somebody else was first')
    this.conflict = conflict
  }
}

class RowCommit {
  readonly #host: CommitHost
  readonly #change: RowChange
  readonly #options: CommitOptions
  readonly #uuid: string
  readonly #added: readonly ContentFile[]
  #snapshotId: number
  #fileCount = 0
  /** Written for this attempt alone, and for all attempts. */
  #attemptFiles: string[] = []
  #ownManifests: ManifestFile[] | undefined

  constructor(host: CommitHost, change: RowChange, options: CommitOptions) {
    this.#host = host
    this.#change = change
    this.#options = options
    this.#uuid = host.uuid()
    this.#added = change.add ?? []
    this.#snapshotId = snapshotIdOf(this.#uuid)
    checkShape(change, host.loaded.metadata)
  }

  get snapshotId(): number {
    return this.#snapshotId
  }

  async attempt(attempt: number): Promise<Snapshot | undefined> {
    const { loaded, files, clock } = this.#host
    const { metadata } = loaded
    const change = this.#change
    const branch = change.branch ?? 'main'
    const parent = headOf(metadata, branch)
    const properties = this.#propertyUpdates()
    const removals = change.remove ?? []
    if (this.#added.length === 0 && removals.length === 0 && this.#options.mergeAll !== true) {
      if (properties.length > 0) await this.#send(metadata, branch, parent, properties)
      return undefined
    }
    if (metadata.snapshots.some((each) => each['snapshot-id'] === this.#snapshotId)) {
      // Another table state has it by chance: take the next one, and the manifests anew.
      this.#snapshotId++
      this.#ownManifests = undefined
    }
    for (const file of this.#added) checkAgainst(metadata, file)
    const sequenceNumber = metadata['last-sequence-number'] + 1
    const manifests = await files.manifests(parent)
    await this.#checkConflicts(metadata, parent, manifests)

    const { kept, removed } = await this.#withoutRemoved(
      metadata,
      manifests,
      new Set(removals),
      sequenceNumber,
    )
    this.#ownManifests ??= await this.#writeOwn(metadata)
    const own = this.#ownManifests.map((manifest) => withAge(manifest, sequenceNumber))
    const merged = await this.#merge(metadata, kept, own.length, sequenceNumber)

    const id = this.#snapshotId
    const parentId = parent?.['snapshot-id']
    const list = this.#metadataUrl(metadata, `snap-${id}-${attempt}-${this.#uuid}.avro`)
    this.#attemptFiles.push(list)
    await files.write(list, writeManifestList([...merged, ...own], { id, parentId, sequenceNumber }))

    const isRewrite = change.rewrite === true || this.#options.mergeAll === true
    const snapshot: Snapshot = {
      'snapshot-id': id,
      ...(parentId === undefined ? {} : { 'parent-snapshot-id': parentId }),
      'sequence-number': sequenceNumber,
      'timestamp-ms': Math.max(Math.floor(clock.now()), metadata['last-updated-ms']),
      'manifest-list': list,
      summary: summaryOf(
        operationOf(this.#added, removed, isRewrite),
        this.#added,
        removed,
        parent,
        change.summary ?? {},
      ),
      'schema-id': metadata['current-schema-id'],
    }
    await this.#send(metadata, branch, parent, [
      { action: 'add-snapshot', snapshot },
      {
        ...keptRef(metadata, branch),
        action: 'set-snapshot-ref',
        'ref-name': branch,
        type: 'branch',
        'snapshot-id': id,
      },
      ...properties,
    ])
    return snapshot
  }

  /** What the attempt has written and no snapshot names. */
  async discardAttempt(): Promise<void> {
    const files = this.#attemptFiles
    this.#attemptFiles = []
    await this.#delete(files)
  }

  async discardAll(): Promise<void> {
    const own = this.#ownManifests ?? []
    this.#ownManifests = undefined
    await this.#delete(own.map((manifest) => manifest.path))
  }

  async #delete(urls: readonly string[]): Promise<void> {
    const { files } = this.#host
    // Left over they are orphans, and no reason to fail.
    if (urls.length > 0) await files.store.delete(urls.map((url) => files.keyOf(url))).catch(() => undefined)
  }

  async #send(
    metadata: TableMetadata,
    branch: string,
    parent: Snapshot | undefined,
    updates: readonly TableUpdate[],
  ): Promise<void> {
    const requirements: TableRequirement[] = [
      { type: 'assert-table-uuid', uuid: metadata['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: branch, 'snapshot-id': parent?.['snapshot-id'] ?? null },
    ]
    try {
      this.#host.adopt(await this.#host.catalog.commitTable(this.#host.name, requirements, updates))
    } catch (error) {
      throw isOf(error, 'COMMIT_CONFLICT') ? new Lost(error) : error
    }
  }

  #propertyUpdates(): TableUpdate[] {
    const { properties } = this.#change
    return properties === undefined || Object.keys(properties).length === 0
      ? []
      : [{ action: 'set-properties', updates: properties }]
  }

  async #checkConflicts(
    metadata: TableMetadata,
    parent: Snapshot | undefined,
    manifests: readonly ManifestFile[],
  ): Promise<void> {
    const { base, exclusive, remove = [] } = this.#change
    if (base === undefined || base === (parent?.['snapshot-id'] ?? null)) return
    const fail = (what: string) => {
      throw new LakeError(
        'COMMIT_CONFLICT',
        `${metadata.location}: ${what} since snapshot ${base ?? 'none'}, from which the change was worked out. ` +
          'Read the table again and repeat it.',
      )
    }
    if (exclusive === true) fail('others have committed')
    const before = metadata.snapshots.find((each) => each['snapshot-id'] === base)
    if (base !== null && (before === undefined || !isAncestor(metadata, base, parent))) {
      fail('the history has been changed')
    }
    const host = { files: this.#host.files, metadata, manifests, fail }
    const since = before?.['sequence-number'] ?? 0
    const keepsEqualities = this.#change.sequenceNumber !== undefined && this.#change.sequenceNumber <= since
    await checkNoNewDeletes(host, new Set(remove), since, { keepsEqualities })
    await checkReferenced(host, this.#added, before, parent)
  }

  /** Manifests of the parent, those with removed files written anew; and the files that are removed. */
  async #withoutRemoved(
    metadata: TableMetadata,
    manifests: readonly ManifestFile[],
    removals: ReadonlySet<string>,
    sequenceNumber: number,
  ): Promise<{ readonly kept: readonly ManifestFile[]; readonly removed: readonly LiveFile[] }> {
    const live = manifests.filter((manifest) => liveFiles(manifest) > 0)
    if (removals.size === 0) return { kept: live, removed: [] }
    const removed: LiveFile[] = []
    const missing = new Set(removals)
    const take = (file: LiveFile) => {
      missing.delete(file.path)
      removed.push(file)
    }
    const data: ManifestFile[] = []
    const deletes: ManifestFile[] = []
    const removedData = new Set<string>()
    for (const manifest of live.filter((each) => each.content === 'data')) {
      data.push(
        ...(await this.#filtered(metadata, manifest, sequenceNumber, (file) => {
          if (!removals.has(file.path)) return false
          take(file)
          removedData.add(file.path)
          return true
        })),
      )
    }
    // Data that is added may count as older than the commit.
    const addsData = this.#added.some((file) => file.content === 'data')
    const ownAge = addsData ? (this.#change.sequenceNumber ?? sequenceNumber) : Number.POSITIVE_INFINITY
    const oldest = data.reduce((least, each) => Math.min(least, liveAge(each)), ownAge)
    for (const manifest of live.filter((each) => each.content === 'deletes')) {
      deletes.push(
        ...(await this.#filtered(metadata, manifest, sequenceNumber, (file) => {
          const isNamed = removals.has(file.path)
          const referenced = file.content === 'position-deletes' ? referencedFile(file) : undefined
          // Deletes of files that go, or older than all data, have nothing to apply to any more.
          const isIdle =
            (referenced !== undefined && removedData.has(referenced)) || file.sequenceNumber < oldest
          if (!isNamed && !isIdle) return false
          take(file)
          return true
        })),
      )
    }
    if (missing.size > 0) {
      throw new LakeError(
        'COMMIT_CONFLICT',
        `${metadata.location}: ${missing.size} of the files to be removed are not of the table (any more), such as ` +
          `${[...missing][0]}. Read the table again and repeat the change.`,
      )
    }
    return { kept: [...data, ...deletes], removed }
  }

  async #filtered(
    metadata: TableMetadata,
    manifest: ManifestFile,
    sequenceNumber: number,
    isRemoved: (file: LiveFile) => boolean,
  ): Promise<readonly ManifestFile[]> {
    const entries = await this.#host.files.entries(manifest, metadata)
    let found = false
    const next: ManifestEntry[] = []
    for (const { status, file } of entries) {
      if (status === 'deleted') continue
      const isGone = isRemoved(file)
      if (isGone) found = true
      next.push(carried(isGone ? 'deleted' : 'existing', file, isGone ? this.#snapshotId : file.snapshotId))
    }
    if (!found) return [manifest]
    return [
      await this.#write(
        metadata,
        manifest.specId,
        manifest.content,
        next,
        sequenceNumber,
        this.#attemptFiles,
      ),
    ]
  }

  /** Manifests of the files added: the same for every attempt, since age and snapshot come from the list. */
  async #writeOwn(metadata: TableMetadata): Promise<ManifestFile[]> {
    const groups = new Map<string, ContentFile[]>()
    for (const file of this.#added) {
      const key = `${file.content === 'data'} ${file.specId}`
      groups.set(key, [...(groups.get(key) ?? []), file])
    }
    const own: ManifestFile[] = []
    for (const group of groups.values()) {
      for (let i = 0; i < group.length; i += entriesOfManifest) {
        const some = group.slice(i, i + entriesOfManifest)
        const entries = some.map(
          (file): ManifestEntry => ({
            status: 'added',
            snapshotId: this.#snapshotId,
            sequenceNumber: file.content === 'data' ? this.#change.sequenceNumber : undefined,
            fileSequenceNumber: undefined,
            file,
          }),
        )
        const content = some[0]!.content === 'data' ? 'data' : 'deletes'
        own.push(await this.#write(metadata, some[0]!.specId, content, entries, 0, []))
      }
    }
    return own
  }

  /** Small manifests of one kind become few, where there are many. */
  async #merge(
    metadata: TableMetadata,
    manifests: readonly ManifestFile[],
    own: number,
    sequenceNumber: number,
  ): Promise<readonly ManifestFile[]> {
    const all = this.#options.mergeAll === true
    const countMin = numberProperty(metadata, 'commit.manifest.min-count-to-merge', mergeCountDefault)
    if (!all && manifests.length + own < countMin) return manifests
    const result: ManifestFile[] = []
    const groups = new Map<string, ManifestFile[]>()
    for (const manifest of manifests) {
      if (manifest.addedSnapshotId === this.#snapshotId || isFull(metadata, manifest)) result.push(manifest)
      else {
        const key = `${manifest.content} ${manifest.specId}`
        groups.set(key, [...(groups.get(key) ?? []), manifest])
      }
    }
    for (const group of groups.values()) {
      if (group.length < 2 || (!all && group.length + own < countMin)) result.push(...group)
      else result.push(...(await this.#mergeGroup(metadata, group, sequenceNumber)))
    }
    return result
  }

  async #mergeGroup(
    metadata: TableMetadata,
    group: readonly ManifestFile[],
    sequenceNumber: number,
  ): Promise<ManifestFile[]> {
    const { specId, content } = group[0]!
    const result: ManifestFile[] = []
    let entries: ManifestEntry[] = []
    const flush = async () => {
      if (entries.length === 0) return
      result.push(await this.#write(metadata, specId, content, entries, sequenceNumber, this.#attemptFiles))
      entries = []
    }
    for (const manifest of group) {
      for (const { status, file } of await this.#host.files.entries(manifest, metadata)) {
        if (status === 'deleted') continue
        entries.push(carried('existing', file, file.snapshotId))
        if (entries.length >= entriesOfManifest) await flush()
      }
    }
    await flush()
    return result
  }

  async #write(
    metadata: TableMetadata,
    specId: number,
    content: ManifestContent,
    entries: readonly ManifestEntry[],
    sequenceNumber: number,
    written: string[],
  ): Promise<ManifestFile> {
    const spec = specOf(metadata, specId)
    const columns = partitionColumns(spec, schemasNewestFirst(metadata))
    const head: ManifestHead = { schema: currentSchemaOf(metadata), spec, columns, content }
    const bytes = writeManifest(head, entries)
    const path = this.#metadataUrl(metadata, `${this.#uuid}-m${this.#fileCount++}.avro`)
    written.push(path)
    await this.#host.files.write(path, bytes)
    return {
      path,
      bytes: bytes.length,
      specId,
      content,
      sequenceNumber,
      minSequenceNumber: leastAge(entries, sequenceNumber),
      addedSnapshotId: this.#snapshotId,
      ...summarize(entries, columns),
    }
  }

  #metadataUrl(metadata: TableMetadata, name: string): string {
    return `${metadata.location}/metadata/${name}`
  }
}

function carried(status: EntryStatus, file: LiveFile, snapshotId: number): ManifestEntry {
  const { sequenceNumber, fileSequenceNumber } = file
  return { status, snapshotId, sequenceNumber, fileSequenceNumber, file }
}

/** A manifest of added files gets its age from the attempt. */
function withAge(manifest: ManifestFile, sequenceNumber: number): ManifestFile {
  const minSequenceNumber = manifest.minSequenceNumber === 0 ? sequenceNumber : manifest.minSequenceNumber
  return { ...manifest, sequenceNumber, minSequenceNumber }
}

/** Of live files; those of added ones that is still open counts as the commit's. */
function leastAge(entries: readonly ManifestEntry[], sequenceNumber: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const entry of entries) {
    if (entry.status !== 'deleted') least = Math.min(least, entry.sequenceNumber ?? sequenceNumber)
  }
  return Number.isFinite(least) ? least : sequenceNumber
}

/** What is about full stays, or each commit to a table of many files would write all of its manifests anew. */
export function isFull(metadata: TableMetadata, manifest: ManifestFile): boolean {
  const bytesMax = numberProperty(metadata, 'commit.manifest.target-size-bytes', mergeBytesDefault)
  return manifest.bytes >= bytesMax || liveFiles(manifest) >= entriesOfManifest * 0.75
}

function liveFiles(manifest: ManifestFile): number {
  return manifest.added.files + manifest.existing.files
}

function liveAge(manifest: ManifestFile): number {
  return liveFiles(manifest) > 0 ? manifest.minSequenceNumber : Number.POSITIVE_INFINITY
}

function headOf(metadata: TableMetadata, branch: string): Snapshot | undefined {
  const ref = metadata.refs[branch]
  if (ref === undefined) {
    if (branch === 'main') return undefined
    throw new LakeError(
      'ICEBERG_SNAPSHOT_MISSING',
      `${metadata.location}: there is no branch "${branch}". There are ${Object.keys(metadata.refs).join(', ') || 'none'}.`,
    )
  }
  if (ref.type !== 'branch') {
    throw new LakeError(
      'COMMIT_INVALID',
      `${metadata.location}: "${branch}" is a tag, and nothing is committed to tags.`,
    )
  }
  return metadata.snapshots.find((each) => each['snapshot-id'] === ref['snapshot-id'])
}

/** How long its snapshots are kept goes on with the branch. */
function keptRef(metadata: TableMetadata, branch: string) {
  const { 'snapshot-id': _, ...ref } = metadata.refs[branch] ?? { 'snapshot-id': 0 }
  return ref
}

/** What does not depend on the state of the table. */
function checkShape(change: RowChange, metadata: TableMetadata): void {
  const fail = (what: string) => {
    throw new LakeError('COMMIT_INVALID', `${metadata.location}: ${what}.`)
  }
  const added = change.add ?? []
  const removed = change.remove ?? []
  const paths = new Set(added.map((file) => file.path))
  if (paths.size < added.length) fail('a file is added twice')
  const both = removed.find((path) => paths.has(path))
  if (both !== undefined) fail(`${both} is both added and removed`)
  const needsBase = removed.length > 0 || added.some((file) => file.content === 'position-deletes')
  if (needsBase && change.base === undefined) {
    fail(
      'a change that removes files or adds position deletes has to say from which snapshot it was worked out (base)',
    )
  }
  if (change.exclusive === true && change.base === undefined) {
    fail('an exclusive change has to say from which snapshot it was worked out (base)')
  }
}

/** Error: COMMIT_INVALID. */
function checkAgainst(metadata: TableMetadata, file: ContentFile): void {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === file.specId)
  const problem =
    spec === undefined
      ? `is of the partition spec ${file.specId}, which the table has not`
      : spec.fields.length !== file.partition.length
        ? `has ${file.partition.length} partition values, and its spec has ${spec.fields.length} fields`
        : !Number.isSafeInteger(file.records) || file.records < 0 || !Number.isSafeInteger(file.bytes)
          ? 'has no count of records or bytes'
          : file.content === 'equality-deletes' && (file.equalityIds ?? []).length === 0
            ? 'is of equality deletes and names no columns (equalityIds)'
            : undefined
  if (problem !== undefined)
    throw new LakeError('COMMIT_INVALID', `${metadata.location}: the file ${file.path} ${problem}.`)
}

function numberProperty(metadata: TableMetadata, name: string, fallback: number): number {
  const value = Number(metadata.properties[name] ?? Number.NaN)
  return Number.isInteger(value) && value > 0 ? value : fallback
}

/** 52 random bits, so that it stays exact as a number and the next one is as well; never 0. */
function snapshotIdOf(uuid: string): number {
  const hex = uuid.replaceAll('-', '')
  // Digits 12 and 16 of a version 4 uuid are no chance.
  return Number.parseInt(hex.slice(0, 12) + hex.slice(20, 21), 16) + 1
}

function isOf(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
