/**
 * The mode `rejected`: what sets up is accepted, every statement that follows is refused with a code and a position when it
 * is submitted alone after it.
 *
 * The statements stand in the case file, or in the program after its first statement.
 */
import { bindProgram } from '../binder/bind-program.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { splitStatements } from '../syntax/split-statements.ts'
import type { SqlCase } from './case-file.ts'
import { bindFlinkCase } from './flink-case.ts'
import { kdaBindOptions } from './kda-case.ts'

/** Undefined if everything is refused that has to be; otherwise what was not. */
export function judgeRejected(file: SqlCase): string | undefined {
  const { setup: program, statements } = statementsOf(file)
  const setup = program.trim() === '' || /;\s*$/.test(program) ? program : `${program}\n;`
  const setupProblem = statements.length === 0 ? undefined : firstError(file, setup)
  if (setupProblem !== undefined && setup.trim() !== '')
    return `the statement that sets up was refused: ${setupProblem.code} ${setupProblem.message}`
  for (const statement of statements) {
    const error = firstError(file, `${setup}\n${statement}`)
    if (error === undefined) return `this has to be refused, but was accepted:\n${statement.trim()}`
    if (error.span.end <= setup.length) return `refused at the wrong place: ${error.code} ${error.message}`
  }
  return statements.length === 0 ? 'the case names no statement that has to be refused' : undefined
}

/**
 * The program sets up, if the case lists the statements apart; where it lists none, or those of the program, the program's
 * first statement does. A list may begin with the statement that sets up.
 */
function statementsOf(file: SqlCase): { setup: string; statements: readonly string[] } {
  const all = file.expected.find(({ mode }) => mode === 'rejected')?.statements ?? []
  const parts = splitStatements(file.program, file.dialect)
  const plain = (text: string) => text.replace(/\s+/g, ' ').replace(/;\s*$/, '').trim()
  if (parts.length === 0 && all.length > 1 && firstError(file, all[0]!) === undefined)
    return { setup: all[0]!, statements: all.slice(1) }
  const first = parts[0] === undefined ? '' : plain(parts[0])
  const listed = all.length > 1 && first !== '' && plain(all[0]!) === first ? all.slice(1) : all
  const rest = new Set(parts.slice(1).map(plain))
  if (listed.length > 0 && !listed.some((statement) => rest.has(plain(statement)))) {
    const isProgram = parts.length === 1 && plain(listed[0]!) === first
    return { setup: isProgram ? '' : file.program, statements: listed }
  }
  if (parts.length === 1) return { setup: '', statements: parts }
  return { setup: parts[0] ?? '', statements: listed.length > 0 ? listed : parts.slice(1) }
}

function firstError(file: SqlCase, text: string): Diagnostic | undefined {
  const { diagnostics } =
    file.dialect === 'kda'
      ? bindProgram(kdaBindOptions({ ...file, program: text, expected: [] }))
      : bindFlinkCase({ ...file, program: text })
  return diagnostics.find(({ severity }) => severity === 'error')
}
