/**
 * A case of the KDA dialect and its translation, run over the same rows: what each gave, as sorted lines. Row times become a
 * column of the input tables; an input that several tables read feeds all of them.
 */
import { formatTimestamp } from '@millrace/values'
import type { CaseRow, SqlCase } from '../../cases/case-file.ts'
import { type CaseRun, plainVariant } from '../../cases/case-result.ts'
import { plainValue } from '../../cases/expectation.ts'
import { runFlinkCase } from '../../cases/flink-case.ts'
import { kdaBindOptions, runKdaCase } from '../../cases/kda-case.ts'
import { bindFlinkProgram } from '../../changelog/binder/bind-flink-program.ts'
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import { renderDiagnostics } from '../../diagnostic/render.ts'
import { SourceText } from '../../syntax/source-text.ts'
import { type Translation, translateToFlink } from '../translate-to-flink.ts'

export interface BothRuns {
  readonly translation: Translation
  /** Lines by stream; undefined where a run was refused. */
  readonly kda: ReadonlyMap<string, readonly string[]> | undefined
  readonly flink: ReadonlyMap<string, readonly string[]> | undefined
  /** Rows that the KDA program put on error_stream. */
  readonly failed: number
  /** Why Flink refused the translation. */
  readonly refusal: string | undefined
}

export function translateCase(file: SqlCase): Translation {
  return translateToFlink({
    text: file.program,
    fileName: `${file.name}.sql`,
    inputs: [...file.schemas].map(([name, { columns }]) => ({ name, columns: pairs(columns) })),
    references: [...file.referenceTables].map(([name, { columns }]) => ({ name, columns: pairs(columns) })),
    outputs: kdaBindOptions(file).outputs,
    connector: 'memory',
  })
}

export function runBoth(file: SqlCase): BothRuns {
  const flushed: SqlCase = { ...file, end: 'flush' }
  const translation = translateCase(file)
  const kda = runKdaCase(flushed, plainVariant)
  if (translation.sql === '' || kda.refused !== undefined)
    return { translation, kda: undefined, flink: undefined, failed: 0, refusal: undefined }
  const bound = bindFlinkProgram({ text: translation.sql, fileName: 'translation.sql' })
  if (bound.program === undefined)
    return {
      translation,
      kda: linesOf(kda),
      flink: undefined,
      failed: kda.errors.length,
      refusal: shown(bound.diagnostics, translation.sql),
    }
  const { tables, sources } = bound.program
  const inputs = new Map<string, readonly CaseRow[]>()
  for (const name of sources) {
    const options = tables.get(name)?.options
    const rows = file.inputs.get(options?.stream ?? name)
    if (rows !== undefined) inputs.set(name, rows.map(withRowtime))
  }
  const flink = runFlinkCase(
    { ...flushed, dialect: 'flink', program: translation.sql, inputs, schemas: new Map(), settings: {} },
    plainVariant,
  )
  return {
    translation,
    kda: linesOf(kda),
    flink: flink.refused === undefined ? linesOf(flink) : undefined,
    failed: kda.errors.length,
    refusal: flink.refused === undefined ? undefined : shown(flink.refused, translation.sql),
  }
}

function pairs(
  columns: readonly { readonly name: string; readonly type: string }[],
): (readonly [string, string])[] {
  return columns.map(({ name, type }) => [name, type])
}

function shown(diagnostics: readonly Diagnostic[], text: string): string {
  return renderDiagnostics(diagnostics, new SourceText(text, 'translation.sql'))
}

/** ROWTIME with as many underscores as the columns of the case need. */
function withRowtime(row: CaseRow): CaseRow {
  const time = formatTimestamp(row.rowtime ?? 0)
  let name = 'ROWTIME'
  while (name in row.values) name += '_'
  return { ...row, values: { ...row.values, [name]: time } }
}

/** Rows that were taken back are left out. */
function linesOf(run: CaseRun): ReadonlyMap<string, readonly string[]> {
  const streams = new Map<string, readonly string[]>()
  for (const [name, { columns, rows }] of run.outputs) {
    const lines: string[] = []
    for (const { kind, values } of rows) {
      const line = JSON.stringify(values.map((value, i) => readable(plainValue(value, columns[i]!.type))))
      if (kind === '+I' || kind === '+U') lines.push(line)
      else lines.splice(lines.indexOf(line), 1)
    }
    streams.set(name, lines.sort())
  }
  return streams
}

/** Approximate numbers to as many digits as both engines agree on. */
function readable(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
