/**
 * `millrace sql translate`: a program of the KDA dialect as Flink SQL on standard output, and what has no exact form on
 * standard error. Exit code 1 if something has no form at all; the rest is translated all the same.
 */
import { readFileSync } from 'node:fs'
import {
  codes,
  renderDiagnostics,
  SourceText,
  type TranslateRelation,
  type Translation,
  type TranslationNote,
  translateToFlink,
} from '@millrace/sql'
import { parseSqlType } from '@millrace/values'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { buildApp, loadAppFile } from '../load/load-app.ts'
import { exitCodes } from './exit-code.ts'
import { writeFileAtomic } from './write-file.ts'

export interface TranslateFlags {
  readonly to: string
  /** `NAME: column TYPE, column TYPE`. */
  readonly inputs: readonly string[]
  readonly references: readonly string[]
  readonly outputs: readonly string[]
  readonly app: string | undefined
  readonly out: string | undefined
  readonly connector: string | undefined
  readonly json: boolean
}

export async function translate(file: string, flags: TranslateFlags): Promise<number> {
  if (flags.to !== 'flink')
    throw new MillraceError('USAGE', `--to is '${flags.to}'; programs are translated to flink.`, {
      next: 'See: millrace sql translate --help',
    })
  const text = readProgram(file)
  const schema = flags.app === undefined ? noSchema : await schemaOf(flags.app, text)
  const made = translateToFlink({
    text,
    fileName: file,
    inputs: [...schema.inputs, ...flags.inputs.map((each) => relation('--input', each))],
    references: [...schema.references, ...flags.references.map((each) => relation('--reference', each))],
    outputs: [...schema.outputs, ...flags.outputs],
    ...(flags.connector === undefined ? {} : { connector: flags.connector }),
  })
  refuseFaulty(text, file, made)
  const source = new SourceText(text, file)
  if (flags.out !== undefined) writeFileAtomic(flags.out, made.sql)
  if (flags.json) process.stdout.write(`${JSON.stringify(asJson(made, source, flags.out))}\n`)
  else {
    if (flags.out === undefined) process.stdout.write(made.sql)
    process.stderr.write(noteLines(made.notes, source))
  }
  return made.notes.some(({ verdict }) => verdict === 'none') ? exitCodes.failed : exitCodes.ok
}

function refuseFaulty(text: string, file: string, { diagnostics }: Translation): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const count = errors.length === 1 ? 'One error' : `${errors.length} errors`
  const unknownStream = errors.some(({ code }) => code === codes.unknownRelation.code)
  const hint = unknownStream
    ? "\nStreams and tables that are fed from outside are named by --input 'NAME: column TYPE, ...', --reference or --app.\n"
    : ''
  throw new MillraceError(
    'SQL_REFUSED',
    `${count} in the program:\n${renderDiagnostics(errors, new SourceText(text, file))}\n${hint}`,
    { place: file },
  )
}

function noteLines(notes: readonly TranslationNote[], source: SourceText): string {
  return notes
    .map((note) => {
      const { line, column } = source.position(note.span.start)
      const verdict = note.verdict === 'none' ? 'no form' : 'differs'
      return `${source.fileName}:${line}:${column} ${verdict}: ${note.construct}\n  ${note.reason}\n  ${note.advice}\n`
    })
    .join('')
}

function asJson({ sql, notes }: Translation, source: SourceText, out: string | undefined): object {
  return {
    ...(out === undefined ? { sql } : { out }),
    notes: notes.map(({ span, construct, verdict, reason, advice }) => {
      const { line, column } = source.position(span.start)
      return { line, column, construct, verdict, reason, advice }
    }),
  }
}

function readProgram(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = codeOf(error) === 'ENOENT' ? 'There is no such file.' : messageOf(error)
    throw new MillraceError('LOAD_NOT_FOUND', reason, { place: file, cause: error })
  }
}

/** `NAME: column TYPE, column TYPE`. Names are taken as they stand; commas inside parentheses belong to the type. */
function relation(flag: string, declaration: string): TranslateRelation {
  const [, name, list] = /^\s*([^:]+?)\s*:(.*)$/s.exec(declaration) ?? []
  const form = `Write ${flag} 'SOURCE_SQL_STREAM_001: TICKER VARCHAR(4), PRICE DOUBLE'.`
  if (name === undefined || list === undefined)
    throw new MillraceError('USAGE', `${flag} '${declaration}' has no name with a colon behind.`, {
      next: form,
    })
  const columns = list.split(/,(?![^(]*\))/).map((part): readonly [string, string] => {
    const [, column, type] = /^\s*(\S+)\s+(.+?)\s*$/s.exec(part) ?? []
    if (column === undefined || type === undefined)
      throw new MillraceError('USAGE', `${flag} ${name}: '${part.trim()}' is no column and its type.`, {
        next: form,
      })
    try {
      parseSqlType(type)
    } catch (error) {
      throw new MillraceError('USAGE', `${flag} ${name}, column ${column}: ${messageOf(error)}`, {
        next: form,
      })
    }
    return [column, type]
  })
  return { name, columns }
}

interface Schema {
  readonly inputs: readonly TranslateRelation[]
  readonly references: readonly TranslateRelation[]
  readonly outputs: readonly string[]
}

const noSchema: Schema = { inputs: [], references: [], outputs: [] }

/** What the app's query with this text reads and gives; if no text is the same, its only KDA query. */
async function schemaOf(app: string, text: string): Promise<Schema> {
  const { definition } = buildApp(await loadAppFile(app), [])
  const queries = definition.stages.flatMap((stage) =>
    stage.kind === 'query' && stage.dialect === 'kda' ? [stage] : [],
  )
  const query = queries.find((each) => each.text === text) ?? (queries.length === 1 ? queries[0] : undefined)
  if (query === undefined)
    throw new MillraceError(
      'USAGE',
      `The app ${definition.name} has ${queries.length} queries of the KDA dialect, and none has this text.`,
      { place: app, next: 'Name the file that the app reads, or give --input.' },
    )
  const columns = (list: typeof query.input.columns): (readonly [string, string, string])[] =>
    list.map(({ name, type, path }) => [name, type, path])
  return {
    inputs: [{ name: query.input.name, columns: columns(query.input.columns) }],
    references: query.references.map(({ name, columns: list }) => ({ name, columns: columns(list) })),
    outputs: query.outputs.map(({ from }) => from),
  }
}
