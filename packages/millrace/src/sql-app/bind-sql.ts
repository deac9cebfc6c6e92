/** Binds the text of a Flink program; its errors become one error of the command line or of an app. */
import {
  bindFlinkProgram,
  type ChangelogProgram,
  type HostFunction,
  renderDiagnostics,
  SourceText,
} from '@millrace/sql'
import { MillraceError } from '../error.ts'

/** Error: SQL_REFUSED. */
export function bindSql(
  text: string,
  fileName: string,
  functions: readonly HostFunction[],
): ChangelogProgram {
  const hosts = new Map(functions.map((fn) => [fn.name.toUpperCase(), fn]))
  const { program, diagnostics } = bindFlinkProgram({ text, fileName, hosts })
  if (program !== undefined) return program
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? 'One error' : `${errors.length} errors`
  const shown = renderDiagnostics(errors, new SourceText(text, fileName))
  throw new MillraceError('SQL_REFUSED', `${count} in the program:\n${shown}\n`, { place: fileName })
}
