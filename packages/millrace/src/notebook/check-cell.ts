/** What is wrong with a cell of the Flink dialect, and what its last query gives, without running anything. */
import type { CheckAnswer, CheckRequest, Mark } from '@millrace/console'
import { type HostFunctions, type Sink, splitStatements } from '@millrace/sql'
import { sinkUse } from '../shell/sink-use.ts'
import type { ProcessJob } from './cell-messages.ts'
import { columnShape } from './cell-values.ts'
import { openSession } from './run-flink-cell.ts'
import { explainUnknown, marksOf } from './sql-marks.ts'

/** State that grows for ever: a cell runs for a while, under a limit of memory. Queries of an app are told of it. */
const ofLastingQueries: ReadonlySet<string> = new Set(['SQL9004'])

export function checkFlinkCell(
  { text, before }: Pick<CheckRequest, 'text' | 'before'>,
  { declarations, unknown }: Pick<ProcessJob, 'declarations' | 'unknown'>,
  hosts: HostFunctions,
): CheckAnswer {
  const session = openSession({ declarations, before }, hosts)
  const marks: Mark[] = []
  let shown: Sink | undefined
  let from = 0
  for (const statement of splitStatements(text, 'flink')) {
    from = text.indexOf(statement, from)
    const { results, diagnostics } = session.execute(statement)
    const told = diagnostics.filter(({ code }) => !ofLastingQueries.has(code))
    marks.push(...explainUnknown(marksOf(told, statement, { offset: from, dialect: 'flink' }), unknown))
    for (const result of results)
      if (result.kind === 'program')
        shown = result.program.sinks.find((sink) => sinkUse(sink) === 'shown') ?? shown
    from += statement.length
  }
  if (shown === undefined) return { marks }
  const { schema, traits } = shown.plan
  return {
    marks,
    columns: schema.fields.map((field) => columnShape(field, 'flink')),
    isAppendOnly: traits.changes === 'append',
  }
}
