/**
 * From rows in DuckDB to files of an Iceberg table: Parquet with field ids, one or more files for each partition that the rows have,
 * stored under new names, and described as a manifest wants them. Files that no commit names are orphans and harmless; `discard`
 * takes them away where a commit has failed for sure.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../duck/open-duck.ts'
import { copyOptions } from '../../parquet/copy-options.ts'
import type { ParquetOptions } from '../../parquet/parquet-port.ts'
import { type CopyAnswer, readStatistics } from '../../parquet/parquet-statistics.ts'
import { duckName } from '../../schema/duck-type.ts'
import type { LakeSchema } from '../../schema/lake-type.ts'
import { findFieldById } from '../format/iceberg-schema.ts'
import { type PartitionColumn, partitionColumns } from '../format/manifest-schema.ts'
import { fileMetrics, noMetrics } from '../format/metrics.ts'
import { refusal } from '../format/transform.ts'
import { valueOfText } from '../format/value-text.ts'
import type { IcebergSchema, PartitionSpec } from '../metadata.ts'
import type { ContentFile, IcebergTable, PartitionTuple } from '../table-port.ts'
import { deletePathFieldId, deletePosFieldId } from './scan-sql.ts'
import { transformSql } from './transform-sql.ts'

export interface FileWriterOptions {
  readonly connection: DuckDBConnection
  readonly table: IcebergTable
  /** A folder that DuckDB may write to; files are moved out of it. */
  readonly scratchDir: string
  /** Begins the names of all files; nobody else uses it. */
  readonly filePrefix: string
  readonly parquet?: ParquetOptions
}

/** DuckDB's answer with the partition that a file is of. */
interface PartitionedAnswer extends CopyAnswer {
  readonly filename: string
  readonly partition_keys: readonly { readonly key: string; readonly value: string }[] | null
}

export class FileWriter {
  readonly #options: FileWriterOptions
  readonly #written: string[] = []
  #count = 0

  constructor(options: FileWriterOptions) {
    this.#options = options
  }

  /** Writes the rows of a relation, whose columns are those of the table's present schema, by its present partition spec. */
  async writeData(relation: string): Promise<ContentFile[]> {
    const { table, connection } = this.#options
    const { schema, spec } = table
    const names = schema.columns.map(({ name }) => duckName(name)).join(', ')
    if (spec.fields.length === 0) {
      const answers = await this.#copy(`SELECT ${names} FROM ${relation}`, schema)
      return this.#store(answers, { schema, spec, partitions: [[]] })
    }
    const columns = partitionColumns(spec, [currentSchema(table)])
    const values = columns.map((column, i) => `${partitionSql(table, column)} AS __p${i}`).join(', ')
    const keys = columns.map((_, i) => `__p${i}`)
    const rows = `__rows_${this.#count}`
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE ${rows} AS SELECT ${names}, ${values} FROM ${relation}`,
    )
    try {
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE __parts AS SELECT ${keys.join(', ')}, row_number() OVER () - 1 AS __part FROM (SELECT DISTINCT ${keys.join(', ')} FROM ${rows})`,
      )
      const partitions = await this.#partitions(columns)
      const same = keys.map((key) => `p.${key} IS NOT DISTINCT FROM r.${key}`).join(' AND ')
      // In order of the partitions, so that each is written in one go.
      const answers = await this.#copy(
        `SELECT ${schema.columns.map(({ name }) => `r.${duckName(name)}`).join(', ')}, p.__part FROM ${rows} r JOIN __parts p ON ${same} ORDER BY p.__part`,
        schema,
        '__part',
      )
      return await this.#store(answers, { schema, spec, partitions })
    } finally {
      await connection.run(`DROP TABLE IF EXISTS ${rows}`)
      await connection.run('DROP TABLE IF EXISTS __parts')
    }
  }

  /**
   * Writes position deletes, one file for a partition: `partition` of the relation's columns `__group`, `file_path` and `pos`, which
   * are sorted here.
   */
  async writeDeletes(
    relation: string,
    groups: readonly { readonly spec: PartitionSpec; readonly partition: PartitionTuple }[],
  ): Promise<ContentFile[]> {
    const files: ContentFile[] = []
    for (const [i, { spec, partition }] of groups.entries()) {
      const [answer] = await this.#copy(
        `SELECT file_path, pos FROM ${relation} WHERE __group = ${i} ORDER BY file_path, pos`,
        deleteSchema,
      )
      if (answer === undefined) continue
      const columns = readStatistics(deleteSchema, answer)
      const [first, last] = [columns.get('file_path')?.min, columns.get('file_path')?.max]
      const path = await this.#put(answer.filename, spec, partition)
      files.push({
        content: 'position-deletes',
        path,
        specId: spec['spec-id'],
        partition,
        records: Number(answer.count),
        bytes: Number(answer.file_size_bytes),
        metrics: deleteMetrics(first, last),
        // Readers that look for the deletes of one file need not open the others.
        ...(first !== undefined && first === last ? { referencedDataFile: first } : {}),
      })
    }
    return files
  }

  /** Takes away what was written; for files of no commit. */
  async discard(): Promise<void> {
    const { table } = this.#options
    await table.store.delete(this.#written.map((path) => table.keyOf(path)))
    this.#written.length = 0
  }

  async #partitions(columns: readonly PartitionColumn[]): Promise<PartitionTuple[]> {
    const keys = columns.map((_, i) => `CAST(__p${i} AS VARCHAR) AS k${i}`).join(', ')
    const found = await this.#options.connection.runAndReadAll(`SELECT ${keys} FROM __parts ORDER BY __part`)
    return found.getRows().map((row) =>
      columns.map(({ result }, i) => {
        const text = row[i]
        return text === null || text === undefined ? null : (valueOfText(result, String(text)) ?? null)
      }),
    )
  }

  /** The files that hold rows; where there are none, none. */
  async #copy(select: string, schema: LakeSchema, partitionBy?: string): Promise<PartitionedAnswer[]> {
    const { connection, scratchDir, filePrefix, parquet = { compression: 'ZSTD' } } = this.#options
    const path = join(scratchDir, `${filePrefix}-${this.#count++}`)
    const target = partitionBy === undefined ? `${path}.parquet` : path
    await mkdir(scratchDir, { recursive: true })
    const options = copyOptions(schema, parquet, { count: 0, bytes: 0 })
    const partitioned = partitionBy === undefined ? '' : `, PARTITION_BY (${partitionBy}), OVERWRITE true`
    const result = await connection.runAndReadAll(
      `COPY (${select}) TO ${literal(target)} (${options}${partitioned})`,
    )
    // RETURN_STATS answers one row of this shape for each file.
    const answers = result.getRowObjectsJson() as unknown as PartitionedAnswer[]
    const empty = answers.filter(({ count }) => Number(count) === 0)
    for (const { filename } of empty) await rm(filename, { force: true })
    return answers.filter(({ count }) => Number(count) > 0)
  }

  async #store(
    answers: readonly PartitionedAnswer[],
    {
      schema,
      spec,
      partitions,
    }: { schema: LakeSchema; spec: PartitionSpec; partitions: readonly PartitionTuple[] },
  ): Promise<ContentFile[]> {
    const icebergSchema = currentSchema(this.#options.table)
    const files: ContentFile[] = []
    for (const answer of answers) {
      const partition = partitions[Number(answer.partition_keys?.[0]?.value ?? 0)] ?? []
      const rows = Number(answer.count)
      const path = await this.#put(answer.filename, spec, partition)
      files.push({
        content: 'data',
        path,
        specId: spec['spec-id'],
        partition,
        records: rows,
        bytes: Number(answer.file_size_bytes),
        metrics: fileMetrics(icebergSchema, { rows, columns: readStatistics(schema, answer) }),
      })
    }
    return files
  }

  async #put(localPath: string, spec: PartitionSpec, partition: PartitionTuple): Promise<string> {
    const { table, filePrefix } = this.#options
    const key = table.dataKey(
      spec,
      partition,
      `${filePrefix}-${String(this.#written.length).padStart(5, '0')}.parquet`,
    )
    await table.store.put(key, { file: localPath, isMove: true })
    const path = table.urlOf(key)
    this.#written.push(path)
    return path
  }
}

export function currentSchema({ metadata }: IcebergTable): IcebergSchema {
  const found = metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])
  if (found === undefined) throw new Error('a table has no current schema')
  return found
}

const deleteSchema: LakeSchema = {
  columns: [
    { name: 'file_path', type: { kind: 'string' }, fieldId: deletePathFieldId, isRequired: true },
    { name: 'pos', type: { kind: 'long' }, fieldId: deletePosFieldId, isRequired: true },
  ],
}

/** Whole paths, not cut ones: the bounds of a file's deletes name it. */
function deleteMetrics(first: string | undefined, last: string | undefined): ContentFile['metrics'] {
  if (first === undefined || last === undefined) return noMetrics
  const encoder = new TextEncoder()
  return {
    ...noMetrics,
    lower: new Map([[deletePathFieldId, encoder.encode(first)]]),
    upper: new Map([[deletePathFieldId, encoder.encode(last)]]),
  }
}

/** Error: ICEBERG_PARTITION_INVALID. */
function partitionSql(table: IcebergTable, { transform, source, sourceId, name }: PartitionColumn): string {
  const found = findFieldById(currentSchema(table), sourceId)
  if (transform.kind === 'void') return 'CAST(NULL AS INTEGER)'
  if (source === undefined || found === undefined) throw refusal(transform, { kind: 'int' }, name)
  const column = found.path.split('.').map(duckName).join('.')
  return transformSql(transform, source, { column, name: found.path })
}
