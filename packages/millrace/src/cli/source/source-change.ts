/** `millrace source load` and `millrace source release`: asked of the running source, which does it. */
import type { CdcRequest, TableName } from '@millrace/cdc'
import { MillraceError } from '../../error.ts'
import { chooseDataDir } from '../data-directory.ts'
import { cdcStatusOf, chooseSource, RunningSources, type SourceView } from './running-sources.ts'

export interface SourceChangeFlags {
  readonly action: 'load' | 'release'
  readonly name: string | undefined
  readonly tables: readonly string[]
  readonly dataDir: string | undefined
  readonly json: boolean
}

export async function sourceChange({
  action,
  name,
  tables,
  dataDir,
  json,
}: SourceChangeFlags): Promise<void> {
  if (tables.length === 0) {
    throw new MillraceError('USAGE', `Which tables to ${action} is not said.`, {
      next: 'Give --table SCHEMA.TABLE, once or several times.',
    })
  }
  const dir = chooseDataDir(dataDir)
  const running = RunningSources.find(dir)
  if (running === undefined) {
    throw new MillraceError(
      'SOURCE_NOT_RUNNING',
      `No process with a gateway runs on ${dir}, and a table is only loaded by a running source.`,
    )
  }
  const source = chooseSource(await running.list(), name, (each) => cdcStatusOf(each) !== undefined)
  const request: CdcRequest = { request: action, tables: tables.map((text) => tableOf(source, text)) }
  const answer = await running.request(source.name, request)
  process.stdout.write(
    json
      ? `${JSON.stringify(answer)}\n`
      : `${done[action]} ${tables.join(', ')} (see millrace source status ${source.name})\n`,
  )
}

const done = { load: 'loading', release: 'following again:' } as const

/** By the source's own list where it has the table, since schemas and tables may have dots in their names. */
function tableOf(source: SourceView, text: string): TableName {
  const known = cdcStatusOf(source)?.tables.find(({ schema, table }) => `${schema}.${table}` === text)
  if (known !== undefined) return { schema: known.schema, table: known.table }
  const dot = text.indexOf('.')
  if (dot > 0 && dot < text.length - 1) return { schema: text.slice(0, dot), table: text.slice(dot + 1) }
  throw new MillraceError('SOURCE_UNKNOWN', `--table is ${JSON.stringify(text)}, which is no table.`, {
    next: `A table is SCHEMA.TABLE, as in: millrace source status ${source.name}.`,
  })
}
