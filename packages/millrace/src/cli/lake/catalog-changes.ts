/** `millrace catalog create|drop|view|refresh|compact|crawl`. */
import { readFileSync } from 'node:fs'
import type { CatalogChange, CatalogOutcome } from '@millrace/console'
import { type CrawledTable, defaultDatabase, type LakeColumn, parseHiveType } from '@millrace/lake'
import { MillraceError, messageOf } from '../../error.ts'
import { chooseDataDir } from '../data-directory.ts'
import { columnText, nameParts } from './catalog-reads.ts'
import { writeCatalog } from './catalog-writes.ts'

interface ChangeFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
}

export interface CreateFlags extends ChangeFlags {
  readonly columns: string | undefined
  readonly partitions: string | undefined
  readonly bucket: string | undefined
  readonly prefix: string | undefined
  readonly format: string | undefined
  readonly external: boolean
  readonly description: string | undefined
}

/** A table, or a database where no columns and no bucket are given. */
export async function catalogCreate(name: string, flags: CreateFlags): Promise<void> {
  const { columns, bucket, format = 'parquet', description } = flags
  if (columns === undefined && bucket === undefined) {
    const change: CatalogChange = {
      action: 'create-database',
      name,
      ...(description === undefined ? {} : { description }),
    }
    await make(flags, change, () => `database ${name}`)
    return
  }
  if (bucket === undefined) {
    throw new MillraceError('USAGE', 'A table needs a bucket.', {
      next: "Give --bucket NAME, and --prefix if its files are not below the table's name.",
    })
  }
  if (format !== 'parquet' && format !== 'json' && format !== 'csv') {
    throw new MillraceError('USAGE', `--format is ${JSON.stringify(format)}.`, {
      next: 'Allowed: parquet, json, csv.',
    })
  }
  const { database, base } = nameParts(name)
  const table = {
    database,
    name: base,
    format,
    bucket,
    location: flags.prefix ?? `${base}/`,
    columns: columnsOf('--columns', columns ?? ''),
    partitionKeys: columnsOf('--partitions', flags.partitions ?? ''),
    kind: flags.external ? 'external' : 'managed',
    parameters: {},
  } as const
  await make(
    flags,
    { action: 'create-table', table },
    (outcome) => `table ${name}, version ${'version' in outcome ? outcome.version : 1}`,
  )
}

export async function catalogDrop(
  name: string,
  flags: ChangeFlags & { readonly isDatabase: boolean },
): Promise<void> {
  const { database, base } = nameParts(name)
  const change: CatalogChange = flags.isDatabase
    ? { action: 'drop-database', name }
    : { action: 'drop', database, name: base }
  await make(flags, change, (outcome) =>
    'dropped' in outcome
      ? `${outcome.dropped} ${name} dropped${outcome.dropped === 'table' ? '; its files stay' : ''}`
      : name,
  )
}

export async function catalogView(
  name: string,
  flags: ChangeFlags & {
    readonly sql: string | undefined
    readonly file: string | undefined
    readonly refreshSeconds: number | undefined
  },
): Promise<void> {
  const { database, base } = nameParts(name)
  const sql = flags.sql ?? textOfFile(flags.file)
  const { refreshSeconds } = flags
  await make(
    flags,
    {
      action: 'create-view',
      database,
      name: base,
      sql,
      ...(refreshSeconds === undefined ? {} : { refreshMs: refreshSeconds * 1_000 }),
    },
    () => `view ${name}`,
  )
}

export async function catalogRefresh(name: string, flags: ChangeFlags): Promise<void> {
  const { database, base } = nameParts(name)
  await make(flags, { action: 'refresh-view', database, name: base }, (outcome) =>
    'rows' in outcome ? `view ${name}: ${outcome.rows} rows` : name,
  )
}

export async function catalogCompact(
  name: string,
  flags: ChangeFlags & { readonly targetMegabytes: number | undefined },
): Promise<void> {
  const { database, base } = nameParts(name)
  const { targetMegabytes } = flags
  const target = targetMegabytes === undefined ? {} : { targetBytes: targetMegabytes * 1024 * 1024 }
  await make(flags, { action: 'compact', database, name: base, ...target }, (outcome) => {
    if (!('compacted' in outcome)) return name
    const { filesBefore, filesAfter, bytesBefore, bytesAfter, rows } = outcome.compacted
    if (filesBefore === 0) return `table ${name}: nothing to do`
    const into = `${filesBefore} files with ${rows} rows became ${filesAfter}`
    return `table ${name}: ${into}, ${bytesBefore} bytes became ${bytesAfter}`
  })
}

export async function catalogCrawl(
  place: string,
  flags: ChangeFlags & { readonly database: string | undefined },
): Promise<void> {
  const slash = place.indexOf('/')
  const bucket = slash < 0 ? place : place.slice(0, slash)
  const prefix = slash < 0 ? '' : place.slice(slash + 1)
  const change: CatalogChange = {
    action: 'crawl',
    bucket,
    prefix,
    database: flags.database ?? defaultDatabase,
  }
  await make(flags, change, (outcome) => {
    if (!('report' in outcome)) return place
    const { tables, kept } = outcome.report
    const lines = [
      ...tables.flatMap(crawledLines),
      ...kept.map(({ name, reason }) => `${name}: left alone, ${reason}`),
    ]
    return lines.length === 0 ? `no files below ${place}` : lines.join('\n')
  })
}

const differingShown = 10

function crawledLines({
  name,
  outcome,
  version,
  format,
  files,
  columns,
  partitionKeys,
  differing,
}: CrawledTable): string[] {
  const keys = partitionKeys.length === 0 ? '' : `; by ${partitionKeys.map(columnText).join(', ')}`
  return [
    `${name}: ${outcome}, version ${version}, ${files} file${files === 1 ? '' : 's'} of ${format}`,
    `  ${columns.map(columnText).join(', ')}${keys}`,
    ...differing.slice(0, differingShown).map(({ key, how }) => `  ${key} differs: ${how}`),
    ...(differing.length > differingShown
      ? [`  and ${differing.length - differingShown} more; all of them with --json`]
      : []),
  ]
}

async function make(
  flags: ChangeFlags,
  change: CatalogChange,
  said: (outcome: CatalogOutcome) => string,
): Promise<void> {
  const outcome = await writeCatalog(chooseDataDir(flags.dataDir), change)
  process.stdout.write(`${flags.json ? JSON.stringify(outcome) : said(outcome)}\n`)
}

/** `id bigint, price decimal(10,2)`. */
function columnsOf(flag: string, text: string): LakeColumn[] {
  if (text.trim() === '') return []
  try {
    const type = parseHiveType(`struct<${text.replace(/(^|[,(<]\s*)([A-Za-z_]\w*)\s+(?=[a-z])/g, '$1$2:')}>`)
    return type.kind === 'struct' ? [...type.fields] : []
  } catch (error) {
    throw new MillraceError('USAGE', `${flag} is ${JSON.stringify(text)}: ${messageOf(error)}`, {
      next: "Write names and types: 'id bigint, price decimal(10,2), tags array<string>'.",
    })
  }
}

function textOfFile(file: string | undefined): string {
  if (file === undefined)
    throw new MillraceError('USAGE', 'A view needs a statement.', {
      next: 'Give --sql "SELECT ..." or --file FILE.',
    })
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new MillraceError('INPUT_FAILED', `${file} cannot be read: ${messageOf(error)}.`, { cause: error })
  }
}
