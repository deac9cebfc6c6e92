/**
 * Export of a table at one moment into a folder, in the form of DynamoDB's exports, for tools that read those:
 *   <dir>/AWSDynamoDB/<id>/data/<n>.json.gz       lines {"Item":{"id":{"S":"a"}}}
 *                          manifest-files.json    a line for each data file: itemCount, md5Checksum (base64), dataFileS3Key
 *                          manifest-files.md5
 *                          manifest-summary.json  what was exported, and when
 *                          manifest-summary.md5
 * The summary is written last: a folder without it is not a whole export. Everything is read in one snapshot, so
 * the export shows one commit; it runs at one go, and pages that are freed meanwhile are not used again, so it belongs
 * into a process of its own.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Store } from '@millrace/store'
import { tableArn } from '@millrace/values'
import type { TypedItem } from '../attribute-value.ts'
import { TableError } from '../errors.ts'
import { planIn } from '../read-items.ts'
import type { TablePlan } from '../table-plan.ts'
import { itemSize } from '../values/item-size.ts'
import { currentItems, pastItems } from './past-items.ts'

/** Text of one data file before it is compressed, which is held in memory. */
const fileBytesMax = 32 * 1024 * 1024

export interface ExportOptions {
  readonly store: Store
  readonly table: string
  /** Folder into which the export's own folder goes; made if missing. */
  readonly dir: string
  /** The table as of this time, ms; as it is now if absent. Errors: TABLE_EXPORT_IMPOSSIBLE. */
  readonly atMs?: number
  readonly nowMs: number
  /** As the export names the table; defaults us-east-1 and 000000000000. */
  readonly region?: string
  readonly account?: string
}

export interface TableExport {
  /** The export's folder. */
  readonly path: string
  readonly items: number
  /** As DynamoDB counts them. */
  readonly bytes: number
  readonly files: number
  /** The moment that it shows, ms. */
  readonly atMs: number
}

/** Errors: TABLE_NOT_DEFINED, TABLE_EXPORT_IMPOSSIBLE, TABLE_EXPORT_FAILED. */
export function exportTable(options: ExportOptions): TableExport {
  const { store, table, atMs, nowMs } = options
  if (atMs !== undefined && !(atMs <= nowMs)) {
    throw new TableError(
      'TABLE_EXPORT_IMPOSSIBLE',
      `table "${table}" was to be exported as of ${String(atMs)}, which has not come yet. Name a time in the past.`,
    )
  }
  return store.snapshot(() => {
    const plan = planIn(store, table)
    const moment = atMs ?? nowMs
    const writer = new ExportWriter(options.dir, plan, moment)
    const items = atMs === undefined ? currentItems(store, plan) : pastItems(store, plan, atMs, nowMs)
    for (const item of items) writer.add(item)
    return writer.finish({ ...options, moment })
  })
}

class ExportWriter {
  readonly #id: string
  readonly #path: string
  readonly #files: object[] = []
  #lines: string[] = []
  #lineBytes = 0
  #fileItems = 0
  #items = 0
  #bytes = 0

  constructor(dir: string, plan: TablePlan, moment: number) {
    const hash = createHash('md5').update(`${plan.name}\0${plan.entry.createdAt}\0${moment}`).digest('hex')
    this.#id = `${String(Math.floor(moment)).padStart(14, '0')}-${hash.slice(0, 8)}`
    this.#path = join(dir, 'AWSDynamoDB', this.#id)
    if (existsSync(join(this.#path, 'manifest-summary.json'))) {
      throw new TableError(
        'TABLE_EXPORT_FAILED',
        `${this.#path} holds this very export already. Use it, or remove it first.`,
      )
    }
    guarded(this.#path, () => mkdirSync(join(this.#path, 'data'), { recursive: true }))
  }

  add(item: TypedItem): void {
    const line = `{"Item":${JSON.stringify(item)}}\n`
    this.#lines.push(line)
    this.#lineBytes += line.length
    this.#fileItems++
    this.#items++
    this.#bytes += itemSize(item)
    if (this.#lineBytes >= fileBytesMax) this.#writeFile()
  }

  finish(options: ExportOptions & { readonly moment: number }): TableExport {
    // An empty table has one empty file.
    if (this.#fileItems > 0 || this.#files.length === 0) this.#writeFile()
    const { table, region = 'us-east-1', account = '000000000000', moment, nowMs } = options
    const time = new Date(nowMs).toISOString()
    const arn = tableArn({ region, account }, table)
    this.#writeChecked('manifest-files', this.#files.map((file) => `${JSON.stringify(file)}\n`).join(''))
    this.#writeChecked(
      'manifest-summary',
      JSON.stringify({
        version: '2020-06-30',
        exportArn: `${arn}/export/${this.#id}`,
        startTime: time,
        endTime: time,
        tableArn: arn,
        tableId: null,
        exportTime: new Date(moment).toISOString(),
        s3Bucket: null,
        s3Prefix: null,
        s3SseAlgorithm: null,
        s3SseKmsKeyId: null,
        manifestFilesS3Key: `AWSDynamoDB/${this.#id}/manifest-files.json`,
        billedSizeBytes: this.#bytes,
        itemCount: this.#items,
        outputFormat: 'DYNAMODB_JSON',
        exportType: 'FULL_EXPORT',
      }),
    )
    const { length: files } = this.#files
    return { path: this.#path, items: this.#items, bytes: this.#bytes, files, atMs: moment }
  }

  #writeFile(): void {
    const name = `${String(this.#files.length).padStart(6, '0')}.json.gz`
    const data = gzipSync(this.#lines.join(''))
    guarded(this.#path, () => writeFileSync(join(this.#path, 'data', name), data))
    const md5 = createHash('md5').update(data).digest()
    this.#files.push({
      itemCount: this.#fileItems,
      md5Checksum: md5.toString('base64'),
      etag: md5.toString('hex'),
      dataFileS3Key: `AWSDynamoDB/${this.#id}/data/${name}`,
    })
    this.#lines = []
    this.#lineBytes = 0
    this.#fileItems = 0
  }

  #writeChecked(name: string, text: string): void {
    guarded(this.#path, () => {
      writeFileSync(join(this.#path, `${name}.json`), text)
      writeFileSync(join(this.#path, `${name}.md5`), createHash('md5').update(text).digest('base64'))
    })
  }
}

function guarded(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new TableError(
      'TABLE_EXPORT_FAILED',
      `cannot write the export to ${path}: ${error instanceof Error ? error.message : String(error)}. ` +
        'Name a folder that this user may write, on a disk with room.',
    )
  }
}
