import { expect, test } from 'vitest'
import { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { corpus } from '../laws/corpus.ts'
import { flinkDialect, kdaDialect } from './dialect.ts'
import { tokenize } from './lexer.ts'

function tokens(text: string, dialect = kdaDialect): [string, string][] {
  const diagnostics = new DiagnosticList()
  const found = tokenize(text, dialect, diagnostics)
  expect(diagnostics.items).toEqual([])
  return found.slice(0, -1).map(({ kind, text: meaning }) => [kind, meaning])
}

test('words, names, strings, numbers, bytes and signs', () => {
  expect(tokens(`Ab_1$ "a""b" 'it''s' U&'\\00e9\\+01F600\\\\' X'0Aff' 1 1.5 .5 1e3 2E-7 a.b 1.x`)).toEqual([
    ['word', 'AB_1$'],
    ['name', 'a"b'],
    ['string', "it's"],
    ['string', 'é😀\\'],
    ['bytes', '0aff'],
    ['number', '1'],
    ['number', '1.5'],
    ['number', '.5'],
    ['number', '1e3'],
    ['number', '2E-7'],
    ['word', 'A'],
    ['sign', '.'],
    ['word', 'B'],
    ['number', '1.'],
    ['word', 'X'],
  ])
  expect(tokens('<= >= <> != || => < > = ( ) ; % * / + -').map(([, text]) => text)).toEqual(
    '<= >= <> <> || => < > = ( ) ; % * / + -'.split(' '),
  )
})

test('comments and blanks separate tokens and are nothing else', () => {
  expect(tokens("a--x\nb/* ; ' */c // d\r\ne\u00a0\ufefff -- end")).toEqual(
    ['A', 'B', 'C', 'E', 'F'].map((text) => ['word', text]),
  )
})

test('the other dialect quotes names with back-ticks and knows no // comments', () => {
  expect(tokens('`a``b` 4//2', flinkDialect)).toEqual([
    ['name', 'a`b'],
    ['number', '4'],
    ['sign', '/'],
    ['sign', '/'],
    ['number', '2'],
  ])
})

test('spans of tokens are in order, do not overlap, and leave only blanks and comments between them', () => {
  for (const text of corpus) {
    let end = 0
    for (const token of tokenize(text, kdaDialect, new DiagnosticList())) {
      expect(token.start).toBeGreaterThanOrEqual(end)
      const between = text.slice(end, token.start)
      expect(between.replaceAll(/--[^\n]*|\/\/[^\n]*|\/\*.*?\*\/|\s/gs, '')).toBe('')
      end = token.end
    }
    expect(end).toBe(text.length)
  }
})
