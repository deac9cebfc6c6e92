/**
 * `millrace stream discover`: a schema out of the first records of a stream, or of a file, as the input of a KDA query takes
 * it; and the same columns as a Flink table. Integers and texts get the smallest type that holds the sample, so widen them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { discoverSchema } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { unreadableFile } from '../load/unreadable-file.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'

export interface DiscoverFlags {
  readonly dataDir: string | undefined
  readonly file: string | undefined
  readonly records: number | undefined
  readonly json: boolean
}

const recordsDefault = 1000

export async function streamDiscover(stream: string | undefined, flags: DiscoverFlags): Promise<void> {
  const records = await sample(stream, flags)
  if (records.length === 0)
    throw new MillraceError('DATA_STREAM_UNKNOWN', 'There is no record to look at.', {
      next: 'Put records into the stream first, or name a file with --file.',
    })
  const schema = discoverSchema(records)
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(schema)}\n`)
    return
  }
  const columns = schema.columns.map(([name, type, path]) => {
    const value = schema.recordFormat === 'CSV' ? String(type) : `${String(type)} ${path}`
    return `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`
  })
  const format =
    schema.recordFormat === 'CSV'
      ? `  format: { record: 'CSV', columnDelimiter: ${JSON.stringify(schema.recordColumnDelimiter ?? ',')} },\n`
      : ''
  process.stdout.write(
    `// ${records.length} records, ${schema.recordFormat}\ninput: {\n  stream,\n${format}  columns: {\n${columns.join('\n')}\n  },\n}\n`,
  )
}

async function sample(stream: string | undefined, flags: DiscoverFlags): Promise<Uint8Array[]> {
  const most = flags.records ?? recordsDefault
  if (flags.file !== undefined) {
    const lines = readLines(flags.file)
    return lines
      .filter((line) => line.trim() !== '')
      .slice(0, most)
      .map((line) => Buffer.from(line, 'utf8'))
  }
  if (stream !== undefined && flags.dataDir === undefined && existsSync(stream))
    throw new MillraceError('USAGE', `"${stream}" is a file, and the argument is the name of a stream.`, {
      next: `Write: millrace stream discover --file ${stream}`,
    })
  if (stream === undefined)
    throw new MillraceError('USAGE', 'Neither a stream nor --file is given.', {
      next: 'Name a stream of the data directory, or a file with one record a line.',
    })
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    return firstRecords(store, stream, most)
  } finally {
    await store.close()
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    throw unreadableFile(file, error)
  }
}

function firstRecords(store: Store, stream: string, most: number): Uint8Array[] {
  const info = store.stream(stream)
  if (info === undefined) {
    const names = store.streams().map(({ name }) => name)
    throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${stream}".`, {
      next: `${didYouMean(stream, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
    })
  }
  const records: Uint8Array[] = []
  const share = Math.ceil(most / info.shardInfos.length)
  for (const { shard, oldest } of info.shardInfos) {
    const limits = { maxRecords: share, maxBytes: 4 * 1024 * 1024 }
    for (const batch of store.read(stream, shard, oldest, limits).batches) {
      if ('reason' in batch) continue
      for (let i = 0; i < batch.count && records.length < most; i++)
        records.push(batch.bytes.slice(batch.dataStart[i], batch.dataStart[i + 1]))
    }
  }
  return records
}
