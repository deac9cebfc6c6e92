/** `millrace table export`: a table at one moment as files, in the form of DynamoDB's exports. */
import { resolve } from 'node:path'
import { exportTable } from '@millrace/tables'
import { systemClock } from '@millrace/values'
import { shortPath } from '../define/call-site.ts'
import { MillraceError } from '../error.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { findTable } from './find-table.ts'

export interface TableExportFlags {
  readonly dataDir: string | undefined
  readonly to: string
  readonly at: string | undefined
  readonly json: boolean
}

export async function tableExport(table: string, flags: TableExportFlags): Promise<void> {
  const { to, at } = flags
  const atMs = at === undefined ? undefined : timeOf(at)
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    findTable(store, table)
    const nowMs = Math.floor(systemClock.now())
    const done = exportTable({
      store,
      table,
      dir: resolve(to),
      nowMs,
      ...(atMs === undefined ? {} : { atMs }),
    })
    const { path, items, bytes, files } = done
    const time = new Date(done.atMs).toISOString()
    process.stdout.write(
      flags.json
        ? `${JSON.stringify({ table, path, items, bytes, files, at: time })}\n`
        : `${items} ${items === 1 ? 'item' : 'items'} of ${table} as of ${time} in ${files === 1 ? 'one file' : `${files} files`}: ${shortPath(path)}\n`,
    )
  } finally {
    await store.close()
  }
}

function timeOf(text: string): number {
  const time = /^\d{10,}(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new MillraceError('USAGE', `--at is ${JSON.stringify(text)}.`, {
    next: `Allowed: a time like ${new Date(systemClock.now()).toISOString()}, or ms since 1970.`,
  })
}
