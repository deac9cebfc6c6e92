/** A manifest as the list of manifests of a snapshot has it. */

export type ManifestContent = 'data' | 'deletes'

export interface ManifestFile {
  readonly path: string
  readonly bytes: number
  readonly specId: number
  readonly content: ManifestContent
  readonly sequenceNumber: number
  /** Of live files. */
  readonly minSequenceNumber: number
  readonly addedSnapshotId: number
  readonly added: FileCount
  readonly existing: FileCount
  readonly deleted: FileCount
  /** One for each field of the spec; undefined where the writer left them out. */
  readonly partitions: readonly PartitionSummary[] | undefined
}

export interface FileCount {
  readonly files: number
  readonly rows: number
}

export interface PartitionSummary {
  readonly hasNull: boolean
  /** Undefined: not known. */
  readonly hasNaN: boolean | undefined
  /** Undefined: all are null or NaN. */
  readonly lower: Uint8Array | undefined
  readonly upper: Uint8Array | undefined
}
