/** Runs a case and judges what came out. */

import { renderDiagnostics } from '../diagnostic/render.ts'
import { SourceText } from '../syntax/source-text.ts'
import { parseCaseTime, type SqlCase } from './case-file.ts'
import { type CaseErrorRow, type CaseRun, type CaseVariant, plainVariant } from './case-result.ts'
import { judgeOutput } from './expectation.ts'
import { runFlinkCase } from './flink-case.ts'
import { runKdaCase } from './kda-case.ts'
import { judgeRejected } from './rejected.ts'

export interface CaseVerdict {
  /** 'contested': the answer is open; `problem` says where ours differs, if it does. */
  readonly outcome: 'passed' | 'failed' | 'contested'
  /** What is wrong, in lines; '- ' is expected and missing, '+ ' came out and is not expected. */
  readonly problem: string | undefined
}

/** Throws CaseFileError if the case itself is faulty. */
export function runCase(file: SqlCase, variant: CaseVariant = plainVariant): CaseVerdict {
  const problem = judge(file, variant)
  return { outcome: file.contested ? 'contested' : problem === undefined ? 'passed' : 'failed', problem }
}

function judge(file: SqlCase, variant: CaseVariant): string | undefined {
  if (file.expected.some(({ mode }) => mode === 'rejected')) return judgeRejected(file)
  const run = file.dialect === 'kda' ? runKdaCase(file, variant) : runFlinkCase(file, variant)
  if (run.refused !== undefined)
    return `the program was refused:\n${renderDiagnostics(run.refused, new SourceText(file.program, `${file.name}.sql`))}`
  const problems = file.expected.map((expected) => {
    const output = run.outputs.get(expected.stream) ?? (expected.stream === '' ? only(run) : undefined)
    if (output === undefined)
      return `nothing writes "${expected.stream}"; outputs are ${[...run.outputs.keys()].join(', ') || 'none'}`
    const problem = judgeOutput(output, expected)
    return problem === undefined ? undefined : `${expected.stream} (${expected.mode}): ${problem}`
  })
  problems.push(...file.expectedErrors.map((expected) => judgeErrors(run, expected)))
  const found = problems.filter((problem) => problem !== undefined)
  if (found.length === 0) return undefined
  const errors = run.errors.slice(0, 5).map(({ fields }) => `error ${fields.ERROR_NAME}: ${fields.MESSAGE}`)
  return [...found, ...errors].join('\n')
}

/** A bare SELECT has a name of its own making; the empty name stands for the one output. */
function only(run: CaseRun): ReturnType<CaseRun['outputs']['get']> {
  return run.outputs.size === 1 ? [...run.outputs.values()][0] : undefined
}

/** Times are the same in any of their spellings. */
function sameField(value: unknown, wanted: unknown): boolean {
  if (value === wanted) return true
  return (
    typeof value === 'string' && typeof wanted === 'string' && parseCaseTime(value) === parseCaseTime(wanted)
  )
}

function judgeErrors(
  run: CaseRun,
  { count, fields }: { readonly count: number; readonly fields: Readonly<Record<string, unknown>> },
): string | undefined {
  const matches = (error: CaseErrorRow) =>
    Object.entries(fields).every(
      ([field, wanted]) => error.fields[field] === undefined || sameField(error.fields[field], wanted),
    )
  const found = run.errors.filter(matches).length
  if (found === count) return undefined
  const had = run.errors.map((error) => JSON.stringify(error.fields)).join('\n')
  return `error_stream: ${count} rows like ${JSON.stringify(fields)} are expected, ${found} came${had === '' ? '' : `:\n${had}`}`
}
