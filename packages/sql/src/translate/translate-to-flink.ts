/**
 * A KDA program as a Flink program, with notes on everything that has no exact form (spec 4). Pure: text in, text out.
 *
 * Laws: the text parses and binds as Flink SQL. Without notes, both programs give the same rows for the same input, in any
 * order. A statement of the KDA program without a form stands in the output as a comment, with the reason.
 */
import { type Field, parseSqlType } from '@millrace/values'
import { bindProgram } from '../binder/bind-program.ts'
import { metadataColumns } from '../binder/metadata.ts'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Program } from '../plan.ts'
import { parseProgram } from '../syntax/parser.ts'
import { printQuoted } from '../syntax/printer.ts'
import type { Statement, Tree } from '../syntax/tree.ts'
import { nowhere } from './build.ts'
import { noteErrorRows } from './error-rows.ts'
import { inferInputs } from './infer-inputs.ts'
import { KdaTypes } from './kda-types.ts'
import { ProgramParts, readNames } from './program-parts.ts'
import { type Omitted, ProgramTranslator, type TranslateInput } from './program-translator.ts'
import { NoteList, type TranslationNote } from './translation-note.ts'

export interface TranslateRelation {
  readonly name: string
  /** Names as they are stored, types of KDA SQL, and where a record has the value, which becomes the column's comment. */
  readonly columns: readonly (readonly [name: string, type: string, path?: string])[]
}

export interface TranslateOptions {
  readonly text: string
  readonly fileName: string
  readonly inputs?: readonly TranslateRelation[]
  readonly references?: readonly TranslateRelation[]
  /** Streams that leave the program, besides those that nothing reads. */
  readonly outputs?: readonly string[]
  /** 'connector' of the tables; 'stream' by default. */
  readonly connector?: string
}

export interface Translation {
  /** Empty if the KDA program has errors. */
  readonly sql: string
  /** In the order of the KDA program. */
  readonly notes: readonly TranslationNote[]
  /** Of the KDA program. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Statements that Flink's binder may refuse before the translation gives up on the rest. */
const refusalsMax = 50

export function translateToFlink(options: TranslateOptions): Translation {
  const { tree, diagnostics } = parseProgram(options.text, 'kda')
  if (diagnostics.some(({ severity }) => severity === 'error')) return { sql: '', notes: [], diagnostics }
  const given = {
    inputs: (options.inputs ?? []).map(relationOf),
    references: (options.references ?? []).map(relationOf),
  }
  const names = new Set([...given.inputs, ...given.references].map(({ name }) => name))
  const guessed = inferInputs(tree, names, new KdaTypes())
  const inputs = [...given.inputs, ...guessed.inputs].map((input) => ({
    ...input,
    hidden: metadataColumns(options.text, { fields: input.fields }),
  }))
  const references = [...given.references, ...guessed.references]
  const bind = (from: readonly TranslateInput[], tables: readonly TranslateInput[]) =>
    bindProgram({
      text: options.text,
      fileName: options.fileName,
      dialect: 'kda',
      inputs: from.map(({ name, fields }) => ({ name, schema: { fields }, metadata: true })),
      references: tables.map(({ name, fields }) => ({ name, schema: { fields } })),
      outputs: (options.outputs ?? []).filter((name) => name.toLowerCase() !== 'error_stream'),
    })
  const bound = bind(inputs, references)
  if (bound.program === undefined) {
    // Where types were guessed, what is wrong is that they had to be.
    const { diagnostics: faults } = bind(given.inputs, given.references)
    return { sql: '', notes: [], diagnostics: faults }
  }
  const guesses = [...guessed.inputs, ...guessed.references].map(({ name }) => name)
  const refused = new Map<Statement, string>()
  for (;;) {
    const made = translate(tree, bound.program, options, guesses, inputs, references, refused)
    const refusal = refused.size < refusalsMax ? firstRefusal(made.pieces) : undefined
    if (refusal === undefined || refused.has(refusal.origin))
      return { sql: made.sql, notes: made.notes, diagnostics: bound.diagnostics }
    refused.set(refusal.origin, refusal.reason)
  }
}

/** A statement of the output as text, and the KDA statement that it comes from. */
interface Piece {
  readonly text: string
  readonly origin: Statement | undefined
}

function translate(
  tree: Tree,
  program: Program,
  options: TranslateOptions,
  guesses: readonly string[],
  inputs: readonly TranslateInput[],
  references: readonly TranslateInput[],
  refused: ReadonlyMap<Statement, string>,
): { readonly sql: string; readonly notes: readonly TranslationNote[]; readonly pieces: readonly Piece[] } {
  const notes = new NoteList()
  noteGuesses(tree, guesses, notes)
  noteErrorRows(program, notes)
  if ((options.outputs ?? []).some((name) => name.toUpperCase() === 'ERROR_STREAM'))
    notes.none(
      nowhere,
      'error_stream as an output',
      'Flink has no stream of rows that failed.',
      'Guard what can fail by CASE or TRY_CAST, and insert the rows that it finds into a table of their own.',
    )
  const types = new KdaTypes()
  for (const { name, fields, hidden = [] } of inputs)
    types.declareStream(name, { fields: [...fields, ...hidden] }, hidden.length)
  for (const { name, fields } of references) types.declareTable(name, { fields })
  const parts = new ProgramParts(tree, notes, types)
  const translator = new ProgramTranslator({
    notes,
    types,
    parts,
    inputs,
    references,
    outputs: (options.outputs ?? []).filter((name) => parts.streams.has(name)),
    connector: options.connector ?? 'stream',
    refused,
  })
  translator.run()
  const print = (statement: Statement): string =>
    printQuoted({ statements: [statement], span: nowhere }, 'flink').trimEnd()
  const pieces: Piece[] = []
  if (translator.utc) pieces.push({ text: "SET 'table.local-time-zone' = 'UTC';", origin: undefined })
  const users = [...translator.views, ...translator.queries, ...translator.inserts].map((each) =>
    print(each.statement),
  )
  // A table whose only reader has no form, or follows another time, is left out.
  const used = translator.tables.filter(({ statement }) => {
    const name = statement.kind === 'create-table' ? statement.name.name.replaceAll('`', '``') : ''
    return users.some((text) => text.includes(`\`${name}\``))
  })
  for (const { statement, origin, comment } of [...used, ...translator.views, ...translator.queries])
    pieces.push({ text: `${comment === undefined ? '' : `-- ${comment}\n`}${print(statement)}`, origin })
  const inserts = translator.inserts.map(({ statement }) => statement)
  const set: Piece[] =
    inserts.length === 0
      ? []
      : [{ text: print({ kind: 'statement-set', inserts, span: nowhere }), origin: undefined }]
  // For the check each INSERT stands alone, so that a refusal can be told to be its own.
  const checked = [
    ...pieces,
    ...translator.inserts.map(({ statement, origin }) => ({ text: print(statement), origin })),
  ]
  const comments = translator.omitted.map((each) => omittedText(options.text, each))
  const all = [...pieces.map(({ text }) => text), ...comments, ...set.map(({ text }) => text)]
  return { sql: all.length === 0 ? '' : `${all.join('\n\n')}\n`, notes: notes.sorted(), pieces: checked }
}

function noteGuesses(tree: Tree, guesses: readonly string[], notes: NoteList): void {
  for (const name of guesses) {
    const reader = tree.statements.find((statement) => readNames(statement).includes(name))
    notes.differs(
      reader?.span ?? nowhere,
      `columns of ${name}`,
      'Nothing says which columns it has; those that the program uses are there, with types guessed from their uses.',
      `Give them: --input '${name}: column TYPE, ...', or --reference.`,
    )
  }
}

function firstRefusal(
  pieces: readonly Piece[],
): { readonly origin: Statement; readonly reason: string } | undefined {
  let text = ''
  const ends = pieces.map((piece) => {
    text += `${piece.text}\n`
    return text.length
  })
  const { diagnostics } = bindFlinkProgram({ text, fileName: 'translation.sql' })
  for (const { severity, span, message } of diagnostics) {
    if (severity !== 'error') continue
    const origin = pieces[ends.findIndex((end) => span.start < end)]?.origin
    if (origin !== undefined) return { origin, reason: `Flink refuses it: ${message}` }
  }
  return undefined
}

/** The original text behind comment signs, under the reasons. */
function omittedText(source: string, { statement, name, reasons }: Omitted): string {
  const original = source.slice(statement.span.start, statement.span.end)
  const lines = [
    `${name} is not translated.`,
    ...reasons,
    'The original:',
    ...original.split('\n').map((line) => `  ${line.trimEnd()}`),
  ]
  return lines.map((line) => `-- ${line}`.trimEnd()).join('\n')
}

function relationOf({ name, columns }: TranslateRelation): TranslateInput {
  return {
    name,
    fields: columns.map(
      ([column, type]): Field => ({ name: column, type: parseSqlType(type), nullable: true }),
    ),
    paths: new Map(
      columns.flatMap(([column, , path]) =>
        path === undefined || path === `$.${column}` ? [] : [[column, path] as const],
      ),
    ),
  }
}
