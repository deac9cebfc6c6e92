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
import { decoderOf, partitionKeyText, physicalFields, plainValue, type TableInfo } from '@millrace/sql'
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
    const partitionOf = partitionReader(table)
    const commits = table.options['sink.partition-commit.policy.kind']?.includes('success-file') === true
    return (records, context) => {
      const groups = new Map<string, StreamRecord[]>()
      for (const record of records) {
        const part = partitionOf(record)
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

/** Writes column=value/column=value for a record, in the order of PARTITIONED BY; NULL as Hive has it. */
function partitionReader(table: TableInfo): (record: StreamRecord) => string {
  if (table.partitionedBy.length === 0) return () => ''
  const fields = physicalFields(table)
  const decoder = decoderOf(table)
  const places = table.partitionedBy.map((name) => fields.findIndex((field) => field.name === name))
  return (record) => {
    const found: string[] = []
    // The record was written by the table's own format, so it reads back.
    decoder.decode(record.data, (row) => {
      for (const [i, place] of places.entries()) {
        const value = plainValue(row[place] ?? null, fields[place]?.type ?? nullType)
        const text = value === null || value === '' ? '__DEFAULT_PARTITION__' : String(value)
        found.push(`${table.partitionedBy[i]}=${encodeURIComponent(text)}`)
      }
    })
    return found.join('/')
  }
}

const nullType = { kind: 'NULL' } as const
