/** What a commit says of files that were written by the Parquet writer: data, and position deletes. */
import type { ParquetFile } from '../../parquet/parquet-port.ts'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { toIcebergSchema } from '../format/iceberg-schema.ts'
import { partitionColumns } from '../format/manifest-schema.ts'
import { fileMetrics } from '../format/metrics.ts'
import { makePartitioner, type Partitioner } from '../format/partition-by.ts'
import type { PartitionSpec, TableMetadata } from '../metadata.ts'
import type { ContentFile, PartitionTuple } from '../table-port.ts'
import { deletePathId, deletePositionId } from './plan-scan.ts'
import { currentSchemaOf, currentSpecOf, schemasNewestFirst } from './table-files.ts'

export interface WrittenFile {
  /** As `table.urlOf(key)` gives it. */
  readonly url: string
  readonly parquet: Pick<ParquetFile, 'rows' | 'bytes' | 'columns'>
  readonly spec: PartitionSpec
  readonly partition: PartitionTuple
}

/** Columns of position delete files, by the format's own ids. Rows are ordered by path, then position. */
export const positionDeleteSchema: LakeSchema = {
  columns: [
    { name: 'file_path', type: { kind: 'string' }, isRequired: true, fieldId: deletePathId },
    { name: 'pos', type: { kind: 'long' }, isRequired: true, fieldId: deletePositionId },
  ],
}
const deletesSchema = toIcebergSchema(positionDeleteSchema)

/** Of rows of the table's current schema. */
export function describeData(metadata: TableMetadata, file: WrittenFile): ContentFile {
  return {
    content: 'data',
    path: file.url,
    specId: file.spec['spec-id'],
    partition: file.partition,
    records: file.parquet.rows,
    bytes: file.parquet.bytes,
    metrics: fileMetrics(currentSchemaOf(metadata), file.parquet),
    sortOrderId: 0,
  }
}

/** `dataFiles`: URLs of those that rows are deleted of, all of them in the file's partition. */
export function describePositionDeletes(file: WrittenFile, dataFiles: readonly string[]): ContentFile {
  const metrics = fileMetrics(deletesSchema, file.parquet)
  const paths = dataFiles.map((path) => Buffer.from(path)).sort(Buffer.compare)
  const first = paths[0]
  const last = paths.at(-1)
  // Whole paths: readers find the one file that deletes are of where both bounds are the same.
  const lower = new Map(metrics.lower)
  const upper = new Map(metrics.upper)
  if (first !== undefined && last !== undefined) {
    lower.set(deletePathId, first)
    upper.set(deletePathId, last)
  }
  return {
    content: 'position-deletes',
    path: file.url,
    specId: file.spec['spec-id'],
    partition: file.partition,
    records: file.parquet.rows,
    bytes: file.parquet.bytes,
    metrics: { ...metrics, lower, upper },
    ...(dataFiles.length === 1 ? { referencedDataFile: dataFiles[0]! } : {}),
  }
}

/** Partitions of rows by the spec of new files. Error: ICEBERG_PARTITION_INVALID where its columns are not there. */
export function partitionerOf(metadata: TableMetadata): Partitioner {
  const columns = partitionColumns(currentSpecOf(metadata), schemasNewestFirst(metadata))
  return makePartitioner(currentSchemaOf(metadata), columns)
}
