import { expect, test } from 'vitest'
import { renderDiagnostics } from '../diagnostic/render.ts'
import { explainProgram } from '../explain.ts'
import { corpus, corpusInputs, corpusReferences } from '../laws/corpus.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import { parseProgram } from '../syntax/parser.ts'
import { printTree } from '../syntax/printer.ts'
import { SourceText } from '../syntax/source-text.ts'
import { type BindResult, bindProgram } from './bind-program.ts'

function bind(text: string): BindResult {
  return bindProgram({
    text,
    fileName: 'program.sql',
    dialect: 'kda',
    inputs: corpusInputs,
    references: corpusReferences,
    outputs: [],
  })
}

test('every program of the corpus binds without errors', () => {
  for (const text of corpus) {
    const { program, diagnostics } = bind(text)
    expect(program, renderDiagnostics(diagnostics, new SourceText(text, 'program.sql'))).toBeDefined()
  }
})

test('a printed program means what the program means', () => {
  for (const text of corpus) {
    const printed = printTree(parseProgram(text, 'kda').tree, 'kda')
    expect(explainProgram(optimizeProgram(bind(printed).program!))).toBe(
      explainProgram(optimizeProgram(bind(text).program!)),
    )
  }
})
