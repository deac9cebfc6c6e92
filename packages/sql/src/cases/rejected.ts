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
  const { setup, statements } = statementsOf(file)
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
 * What sets up are the statements of the program that are not listed. Where all of them are, or none is listed, the first
 * statement of the program sets up, unless it is refused itself.
 */
function statementsOf(file: SqlCase): { setup: string; statements: readonly string[] } {
  const listed = file.expected.find(({ mode }) => mode === 'rejected')?.statements ?? []
  const parts = splitStatements(file.program, file.dialect)
  const plain = (text: string) => text.replace(/\s+/g, ' ').replace(/;\s*$/, '').trim()
  const isListed = (text: string) => listed.some((statement) => plain(statement) === plain(text))
  const setup = parts.filter((part) => !isListed(part))
  if (listed.length > 0 && (setup.length > 0 || parts.length === 0))
    return { setup: ended(setup), statements: listed }
  const [first, ...rest] = listed.length > 0 ? listed : parts
  if (first === undefined) return { setup: '', statements: [] }
  if (rest.length === 0 || firstError(file, first) !== undefined)
    return { setup: '', statements: [first, ...rest] }
  return { setup: ended([first]), statements: rest }
}

/** As one text in which each statement ends. */
function ended(statements: readonly string[]): string {
  return statements.map((statement) => (/;\s*$/.test(statement) ? statement : `${statement}\n;`)).join('\n')
}

function firstError(file: SqlCase, text: string): Diagnostic | undefined {
  const { diagnostics } =
    file.dialect === 'kda'
      ? bindProgram(kdaBindOptions({ ...file, program: text, expected: [] }))
      : bindFlinkCase({ ...file, program: text })
  return diagnostics.find(({ severity }) => severity === 'error')
}
