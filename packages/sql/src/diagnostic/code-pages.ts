/** A page for each code of SQL programs: what it means, and programs that get it, with what a user then sees. */
import { bindProgram } from '../binder/bind-program.ts'
import { bindFlinkProgram } from '../changelog/binder/bind-flink-program.ts'
import { corpusInputs, corpusReferences } from '../laws/corpus.ts'
import { SourceText } from '../syntax/source-text.ts'
import { codes } from './codes.ts'
import { flinkCases, flinkTables } from './flink-cases.ts'
import { kdaCases } from './kda-cases.ts'
import { renderDiagnostics } from './render.ts'

/** Examples on a page; longer programs say no more than short ones. */
const examplesMax = 3
const programMax = 700

/** Code -> Markdown. */
export function codePages(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(codes).map(([key, { code, severity, meaning }]) => {
      const examples = [
        ...kdaCases.flatMap(([name, text]) => (name === key ? kdaExample(text) : [])),
        ...flinkCases.flatMap(([name, text]) => (name === key ? flinkExample(text) : [])),
      ]
      const lines = [
        `# ${code}`,
        '',
        `${severity === 'error' ? 'Error' : 'Warning'}: ${meaning}`,
        ...examples.slice(0, examplesMax).flat(),
        '',
        `[All codes](../errors.md)`,
        '',
      ]
      return [code, lines.join('\n')]
    }),
  )
}

function kdaExample(text: string): string[][] {
  if (text.length > programMax) return []
  const inputs = corpusInputs
  const options = { dialect: 'kda', inputs, references: corpusReferences, outputs: [] } as const
  const { diagnostics } = bindProgram({ text, fileName: 'program.sql', ...options })
  return [example('KDA SQL', text, renderDiagnostics(diagnostics, new SourceText(text, 'program.sql')))]
}

function flinkExample(statements: string): string[][] {
  const text = flinkTables + statements
  const { diagnostics } = bindFlinkProgram({ text, fileName: 'program.sql' })
  return [example('Flink SQL', text, renderDiagnostics(diagnostics, new SourceText(text, 'program.sql')))]
}

function example(dialect: string, program: string, told: string): string[] {
  return ['', `${dialect}:`, '', '```sql', program.trim(), '```', '', '```text', told, '```']
}
