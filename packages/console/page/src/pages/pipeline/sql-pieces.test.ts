import { expect, test } from 'vitest'
import { sqlPieces } from './sql-pieces.ts'

test.each([
  `-- it's a comment\nSELECT STREAM "a b", 'it''s', 12.5 FROM \`t\` /* two\nlines */ WHERE x1 = 'open`,
  '',
  'no words 1',
  '/* never ends',
])('pieces add up to the text: %j', (text) => {
  const pieces = sqlPieces(text)
  expect(pieces.map((piece) => piece.text).join('')).toBe(text)
  for (const { from, text: words } of pieces) expect(text.slice(from, from + words.length)).toBe(words)
})

test('words inside of comments, texts and quoted names are none', () => {
  const kinds = sqlPieces(`SELECT "FROM", 'WHERE' -- JOIN`).map(({ kind, text }) => `${kind} ${text}`)
  expect(kinds).toEqual(['word SELECT', 'plain  "FROM", ', "quoted 'WHERE'", 'plain  ', 'comment -- JOIN'])
})
