/**
 * `'connector' = 'filesystem'`: a file (or all files of a folder) with one record a line is read from its beginning; what is
 * written goes to files below the folder `path`, for PARTITIONED BY in folders `column=value`.
 *
 * Exactly once: a file is named by the shard and the first sequence of the records that it holds, and written under a hidden
 * name first, so a repeat after a crash writes the same file again instead of a second one. With 'sink.partition-commit.*'
 * options a partition gets its `_SUCCESS` file with its first file.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourceFactory, StreamRecord } from '@millrace/runtime'
import { partitionKeyText, physicalFields, type TableInfo } from '@millrace/sql'
import { ConnectError } from '../errors.ts'
import { type FileOptions, file } from '../files/file-source.ts'
import {
  type ConnectorHost,
  partitionColumns,
  requiredOption,
  type TableConnector,
} from './table-connector.ts'

export const filesystemConnector: TableConnector = {
  name: 'filesystem',
  options: ['path', 'lookup', 'source.*', 'sink.*', 'partition.*', 'auto-compaction', 'compaction.*'],
  source,
  sink(table, host) {
    const folder = pathOf(table, host)
    const columns = physicalFields(table).map(({ name }) => name)
    const commits = table.options['sink.partition-commit.policy.kind']?.includes('success-file') === true
    return (records, context) => {
      const groups = new Map<string, StreamRecord[]>()
      for (const record of records) {
        const part = partitionOf(table, columns, record)
        const group = groups.get(part) ?? []
        groups.set(part, group)
        group.push(record)
      }
      for (const [part, group] of groups) {
        const target = join(folder, part)
        mkdirSync(target, { recursive: true })
        const name = `part-${context.shard}-${String(group[0]!.sequence).padStart(16, '0')}`
        const lines = group.map((record) => Buffer.concat([record.data, lineEnd]))
        writeFileSync(join(target, `.${name}`), Buffer.concat(lines))
        renameSync(join(target, `.${name}`), join(target, name))
        if (commits && part !== '') writeFileSync(join(target, '_SUCCESS'), '')
      }
    }
  },
  lookupFile: pathOf,
}

const lineEnd = Buffer.from('\n')

function source(table: TableInfo, host: ConnectorHost): SourceFactory {
  const path = pathOf(table, host)
  if (existsSync(path) && statSync(path).isDirectory()) {
    const files = readdirSync(path).filter((name) => !/^[._]/.test(name))
    if (files.length === 1) return file({ path: join(path, files[0]!), ...keyOf(table) })
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: the folder ${path} holds ${files.length} files. Name one file in 'path'.`,
    )
  }
  return file({ path, ...keyOf(table) })
}

/** How the lines are keyed: by the column of 'partition-key', a line without a value alike as NULL; else by their places. */
function keyOf(table: TableInfo): Pick<FileOptions, 'partitionKey' | 'missingKey'> {
  const [column, ...more] = partitionColumns(table)
  if (column === undefined) return { partitionKey: 'file:line' }
  if (more.length > 0 || (table.options.format ?? 'json') !== 'json')
    throw new ConnectError(
      'TABLE_OPTION',
      `table ${table.name}: 'partition-key' of a file can be one column of the format 'json'. Name one, or fill a stream through an INSERT that keys its records.`,
    )
  const { name } = physicalFields(table)[column]!
  return { partitionKey: `$["${name}"]`, missingKey: partitionKeyText([null], [0]) }
}

/** The file: URL or path in the option `path`. */
function pathOf(table: TableInfo, host: ConnectorHost): string {
  const legacy = table.options['connector.path']
  const path = legacy ?? requiredOption(table, 'path', 'file:///tmp/table')
  return path.startsWith('file:')
    ? fileURLToPath(path.replace(/^file:\/*/, 'file:///'))
    : resolve(host.folder, path)
}

/** column=value/column=value for the record, in the order of PARTITIONED BY; NULL as Hive has it. */
function partitionOf(table: TableInfo, columns: readonly string[], record: StreamRecord): string {
  if (table.partitionedBy.length === 0) return ''
  const values = valuesOf(table, columns, record)
  return table.partitionedBy
    .map((name) => {
      const value = values.get(name)
      const text =
        value === null || value === undefined || value === '' ? '__DEFAULT_PARTITION__' : String(value)
      return `${name}=${encodeURIComponent(text)}`
    })
    .join('/')
}

function valuesOf(table: TableInfo, columns: readonly string[], record: StreamRecord): Map<string, unknown> {
  if ((table.options.format ?? 'json') === 'json') return new Map(Object.entries(record.json<object>()))
  const delimiter = table.options['csv.field-delimiter'] ?? ','
  // Partition values are plain words as a rule; a quoted field that holds the delimiter would need the whole reader.
  const cells = record.text().split(delimiter)
  return new Map(columns.map((name, i) => [name, cells[i]?.replace(/^"|"$/g, '')]))
}
