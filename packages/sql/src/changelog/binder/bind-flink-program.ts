/**
 * A Flink program as one text: its statements in order, and one plan for all of its inserts and queries, so that a table is
 * read once. What it asks (SHOW, DESCRIBE, SET, EXPLAIN) is answered in `replies`.
 */
import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ChangelogProgram } from '../plan.ts'
import type { FlinkReply } from './replies.ts'
import { FlinkSession, type FlinkSessionOptions, programOf } from './session.ts'

export interface BindFlinkOptions extends FlinkSessionOptions {
  readonly text: string
  readonly fileName: string
}

export interface BindFlinkResult {
  /** Undefined if there are errors. Not yet optimized. */
  readonly program: ChangelogProgram | undefined
  /** Errors and warnings, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[]
  readonly replies: readonly FlinkReply[]
}

export function bindFlinkProgram(options: BindFlinkOptions): BindFlinkResult {
  const session = new FlinkSession(options)
  const { results, diagnostics } = session.execute(options.text)
  const replies = results.flatMap((result) => (result.kind === 'reply' ? [result.reply] : []))
  if (diagnostics.some(({ severity }) => severity === 'error'))
    return { program: undefined, diagnostics, replies }
  const sinks = results.flatMap((result) => (result.kind === 'program' ? result.program.sinks : []))
  return { program: programOf(sinks, session.tables(), session.settings), diagnostics, replies }
}
