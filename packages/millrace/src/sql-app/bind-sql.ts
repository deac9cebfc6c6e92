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
  if (program !== undefined) {
    refuseMetadata(program, fileName)
    return program
  }
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const count = errors.length === 1 ? 'One error' : `${errors.length} errors`
  const shown = renderDiagnostics(errors, new SourceText(text, fileName))
  throw new MillraceError('SQL_REFUSED', `${count} in the program:\n${shown}\n`, { place: fileName })
}

/** Columns of metadata are part of the language, but no connector fills or takes them. Error: SQL_OPTION. */
export function refuseMetadata(program: ChangelogProgram, fileName: string): void {
  const used = [...program.sources, ...program.sinks.map(({ name }) => name)]
  for (const name of used) {
    const table = program.tables.get(name)
    const column = table?.columns.find(({ metadata }) => metadata !== undefined)
    if (column === undefined) continue
    throw new MillraceError(
      'SQL_OPTION',
      `Table ${name}: its connector has no metadata for the column "${column.name}".`,
      { place: fileName, next: 'Declare it as an ordinary column that the records hold, or leave it out.' },
    )
  }
}
