/**
 * A cell becomes a query of the app: a file of a folder that the app takes queries from (define/query-folder.ts), with what it needs
 * from the cells above it and from the directory. A bare SELECT becomes an INSERT into a stream of the query's name.
 *
 * What runs from then on is the app's: durable, exactly once, from the beginning of its streams.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { AppDoor, PromoteAnswer, PromoteRequest } from '@millrace/console'
import {
  bindFlinkProgram,
  type ChangelogProgram,
  type HostFunctions,
  renderDiagnostics,
  type Sink,
  SourceText,
  splitStatements,
} from '@millrace/sql'
import type { Store } from '@millrace/store'
import { formatFlinkType } from '@millrace/values'
import { shortPath } from '../define/call-site.ts'
import { checkStageName } from '../define/names.ts'
import { MillraceError, messageOf } from '../error.ts'
import { sinkUse } from '../shell/sink-use.ts'
import { createdName, createdNames, withoutComments } from './created-names.ts'
import { type DirectoryTable, declarationOf } from './directory-tables.ts'
import { quoted } from './quoted-name.ts'

export interface PromoteServices {
  readonly app: AppDoor | undefined
  readonly store: Store
  /** Streams and tables of the directory that the texts name. */
  readonly declared: readonly DirectoryTable[]
  readonly hosts: HostFunctions
}

/** Errors: APP_NAME_INVALID, SQL_REFUSED, SQL_NOTHING_TO_RUN, NOTEBOOK_PROMOTE. */
export function promoteCell(request: PromoteRequest, services: PromoteServices): PromoteAnswer {
  const { app, store } = services
  const name = checkStageName(request.name)
  if (app?.definition.stages.some((stage) => stage.name === name))
    throw refused(`The app has a stage "${name}" already.`, 'Choose another name.')
  const text = queryText(name, request, services)
  if (app?.file.endsWith('.sql') === true) {
    const own = createdNames(app.definition.stages.flatMap((stage) => ('text' in stage ? [stage.text] : [])))
    const added = withoutKnown(text, own)
    return {
      file: app.file,
      text: added,
      next: `The app is one SQL file, which is yours to change: add this text at the end of ${shortPath(app.file)}, then start the app again. A promoted query of it begins anew with the whole program.`,
    }
  }
  const [declaredFolder] = app?.definition.queryFolders ?? []
  const folder = declaredFolder ?? join(app === undefined ? store.dir : dirname(app.file), 'queries')
  const file = join(folder, `${name}.sql`)
  if (existsSync(file)) throw refused(`There is a file ${shortPath(file)} already.`, 'Choose another name.')
  try {
    mkdirSync(folder, { recursive: true })
    // Never over a file that came meanwhile.
    writeFileSync(file, text, { flag: 'wx', flush: true })
  } catch (error) {
    throw refused(
      `${shortPath(file)} cannot be written: ${messageOf(error)}.`,
      'Choose another name, or write it yourself.',
    )
  }
  return { file, text, next: nextStep(app, declaredFolder !== undefined, folder) }
}

function nextStep(app: AppDoor | undefined, isTaken: boolean, folder: string): string {
  const again =
    'An app under `millrace dev` starts again by itself; with `millrace run`, stop the app (ctrl-C) and start it again. It continues from its positions, and the new query begins at the beginning of its streams.'
  if (app === undefined)
    return `No app runs here. Move the file to a folder of an app that takes its queries from it: app.queries('./queries').`
  if (isTaken) return again
  return `Add this line to ${shortPath(app.file)}, at the end of its description: app.queries('./${basename(folder)}'). ${again}`
}

/** The program: what is needed of the directory and of the cells above, then the cell's own statements. */
function queryText(
  name: string,
  { text, before }: PromoteRequest,
  { app, declared, hosts }: PromoteServices,
): string {
  const own = splitStatements(text, 'flink').filter((statement) => !isQuestion(statement))
  const above = before.flatMap((each) => splitStatements(each, 'flink')).filter(isDeclaration)
  const explicit = new Set(createdNames([...above, ...own]))
  const directory = declared
    .filter((table) => !explicit.has(table.name))
    .flatMap((table) => declarationOf(table) ?? [])
  const available = [...directory, ...above]
  const kept = neededOf(available, own)
  const head = [...available.filter((statement) => kept.has(statement))].map(ended)
  const bound = bind([...head, ...own.map(ended)].join('\n\n'), hosts)
  const bare = bound.sinks.filter(({ table }) => table === undefined)
  refuseOthers(bound, app)
  if (bound.sinks.length === 0)
    throw new MillraceError('SQL_NOTHING_TO_RUN', 'The cell has no SELECT and no INSERT.', {
      next: 'Promote a cell that has one.',
    })
  const selects = own.filter((statement) =>
    /^\s*(?:--[^\n]*\n\s*)*(?:SELECT|WITH|VALUES|\()/i.test(statement),
  )
  if (bare.length > 1 || selects.length !== bare.length)
    throw refused(
      'The cell has several SELECTs.',
      'Leave the one that is to be a query, or write INSERT INTO for each.',
    )
  const [sink] = bare
  if (sink === undefined) return finished(head, own.map(ended), hosts)
  const written = own.map((statement) =>
    statement === selects[0] ? `INSERT INTO ${quoted(name, 'flink')}\n${ended(statement)}` : ended(statement),
  )
  return finished([...head, outputTable(name, sink)], written, hosts)
}

function finished(head: readonly string[], own: readonly string[], hosts: HostFunctions): string {
  const text = `${[...head, ...own].join('\n\n')}\n`
  bind(text, hosts)
  return text
}

/** A result that changes its earlier rows keeps the kinds of its changes. */
function outputTable(name: string, { plan }: Sink): string {
  const columns = plan.schema.fields.map(
    (field) => `  ${quoted(field.name, 'flink')} ${formatFlinkType(field.type)}`,
  )
  const format = plan.traits.changes === 'append' ? 'json' : 'debezium-json'
  return `CREATE TABLE ${quoted(name, 'flink')} (\n${columns.join(',\n')}\n) WITH ('connector' = 'stream', 'stream' = '${name}', 'format' = '${format}');`
}

function refuseOthers({ sources, sinks, tables }: ChangelogProgram, app: AppDoor | undefined): void {
  const written = sinks.map(({ name, table }) => table?.options.stream ?? name)
  for (const source of sources) {
    const options = tables.get(source)?.options
    const stream = options?.stream ?? source
    // The app would not start with it. An app that is one SQL file makes streams of all tables that it declares.
    const isForeign =
      app !== undefined &&
      !app.file.endsWith('.sql') &&
      options?.connector === 'stream' &&
      !written.includes(stream) &&
      !app.definition.streams.some(({ name }) => name === stream)
    if (isForeign)
      throw refused(
        `${source} reads the stream "${stream}", which is no stream of the app.`,
        `Promote the cell that writes it and let the app start again, or declare it in the app: app.stream('${stream}').`,
      )
    if (options?.connector !== 'table') continue
    throw refused(
      `${source} is a keyed table, which queries of an app do not read.`,
      `Give the table a change stream (app.table(NAME, { changes: 'NEW_AND_OLD_IMAGES' })) and read that, or the stream that fills it.`,
    )
  }
  for (const sink of sinks) {
    if (sink.table === undefined || sinkUse(sink) !== 'shown') continue
    throw refused(
      `${sink.name} is only shown ('connector' = 'print').`,
      "Write to a stream: 'connector' = 'stream'.",
    )
  }
}

/** Statements of `available` whose names stand in the program, or in another one that is needed; settings always. */
function neededOf(available: readonly string[], own: readonly string[]): ReadonlySet<string> {
  const kept = new Set(available.filter((statement) => createdName(statement) === undefined))
  let texts = [...own, ...kept]
  while (texts.length > 0) {
    const added = available.filter((statement) => {
      const created = createdName(statement)
      return created !== undefined && !kept.has(statement) && texts.some((each) => names(each, created))
    })
    for (const statement of added) kept.add(statement)
    texts = added
  }
  return kept
}

function names(text: string, name: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${escaped}(?![\\p{L}\\p{N}_$])`, 'u').test(text)
}

function isDeclaration(statement: string): boolean {
  return createdName(statement) !== undefined || /^\s*SET\b\s+\S/i.test(withoutComments(statement))
}

/** What only asks has no place in a query. */
function isQuestion(statement: string): boolean {
  return /^\s*(?:SHOW|DESCRIBE|DESC|EXPLAIN)\b/i.test(withoutComments(statement))
}

function withoutKnown(text: string, known: readonly string[]): string {
  const left = splitStatements(text, 'flink').filter((statement) => {
    const name = createdName(statement)
    return name === undefined || !known.includes(name)
  })
  return `${left.map(ended).join('\n\n')}\n`
}

function ended(statement: string): string {
  return /;\s*$/.test(statement) ? statement.trim() : `${statement.trim()};`
}

/** Error: SQL_REFUSED. */
function bind(text: string, hosts: HostFunctions): ChangelogProgram {
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'promoted', hosts })
  if (program !== undefined) return program
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  throw new MillraceError(
    'SQL_REFUSED',
    `The cell cannot be a query as it is:\n${renderDiagnostics(errors, new SourceText(text, 'promoted'))}\n`,
  )
}

function refused(what: string, next: string): MillraceError {
  return new MillraceError('NOTEBOOK_PROMOTE', what, { next })
}
