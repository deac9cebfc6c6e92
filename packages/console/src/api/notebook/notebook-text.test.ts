/** Files of notebooks: what is printed is read back, whatever stands in the cells; what others wrote is read as far as it goes. */
import { type Random, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { Notebook, NotebookCell } from '../../protocol/notebook.ts'
import { checkNotebook, parseNotebook, printNotebook } from './notebook-text.ts'

const pieces = [
  'SELECT 1;',
  '',
  ' ',
  '-- %%',
  '-- %% x',
  '-- \\%% x',
  '-- \\\\%%',
  '%% y {"id":"a"}',
  '--',
  '-- comment',
  '--x',
  '{"dialect":"kda"}',
  '[markdown]',
  'Grüße ✓',
]
const titles = ['Orders', '[markdown] x', 'a {"b":1}', '{', '} {', '{"a":"', 'x {"id":"y"} z', '-- %%']

function pick<T>(random: Random, list: readonly T[]): T {
  // Never empty here.
  return list[random.below(list.length)] as T
}

function anyCell(random: Random, id: string): NotebookCell {
  const lines = Array.from({ length: random.below(5) }, () => pick(random, pieces))
  const isEmpty = (line: string) => line.trim() === ''
  while (lines.length > 0 && isEmpty(lines[0]!)) lines.shift()
  while (lines.length > 0 && isEmpty(lines.at(-1)!)) lines.pop()
  return {
    id,
    dialect: pick(random, ['flink', 'kda', 'lake', 'markdown'] as const),
    ...(random.below(2) === 0 ? {} : { title: pick(random, titles) }),
    text: lines.join('\n'),
    ...(random.below(2) === 0
      ? {}
      : { view: { kind: 'line' as const, x: 'a "b"', y: ['c', 'd'], series: '{' } }),
  }
}

test('parse(print(notebook)) is the notebook', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = seededRandom(seed)
    const cells = Array.from({ length: random.below(5) }, (_, i) => anyCell(random, `id-${i}`))
    const notebook: Notebook = { name: 'n', cells }
    const text = printNotebook(notebook)
    expect(parseNotebook('n', text), `seed ${seed}\n${text}`).toEqual(notebook)
  }
})

test('a cell is a header and its lines; a text is a comment', () => {
  const cells: NotebookCell[] = [
    { id: 'why', dialect: 'markdown', text: '# Why\n\nBecause.' },
    { id: 'a', dialect: 'flink', title: 'All of them', text: 'SELECT 1;', view: { kind: 'bar', x: 'n' } },
  ]
  expect(printNotebook({ name: 'n', cells })).toBe(`-- %% [markdown] {"id":"why"}
-- # Why
--
-- Because.

-- %% All of them {"dialect":"flink","id":"a","view":{"kind":"bar","x":"n"}}
SELECT 1;
`)
})

test('what editors and people write is read: no settings, no header, line ends of Windows, one id twice', () => {
  const text =
    'SELECT 0;\r\n\r\n-- %% First\r\n\r\nSELECT 1;\r\n-- %% {"id":"x"}\nSELECT 2;\n-- %% {"id":"x","dialect":"nope"}\nSELECT 3;\n-- %% [markdown]\n-- a\nb\n'
  expect(parseNotebook('n', text).cells).toEqual([
    { id: 'cell-1', dialect: 'flink', text: 'SELECT 0;' },
    { id: 'cell-2', dialect: 'flink', title: 'First', text: 'SELECT 1;' },
    { id: 'x', dialect: 'flink', text: 'SELECT 2;' },
    { id: 'cell-4', dialect: 'flink', text: 'SELECT 3;' },
    { id: 'cell-5', dialect: 'markdown', text: 'a\nb' },
  ])
})

test.each([
  [{ name: '../x', cells: [] }, 'NOTEBOOK_NAME_INVALID'],
  [{ name: '.x', cells: [] }, 'NOTEBOOK_NAME_INVALID'],
  [{ name: 'a/b', cells: [] }, 'NOTEBOOK_NAME_INVALID'],
  [{ name: 'n', cells: [{ id: 'a b', dialect: 'flink', text: '' }] }, 'NOTEBOOK_INVALID'],
  [{ name: 'n', cells: [{ id: 'a', dialect: 'sql', text: '' }] }, 'NOTEBOOK_INVALID'],
  [{ name: 'n', cells: [{ id: 'a', dialect: 'flink', text: '', title: 'a\nb' }] }, 'NOTEBOOK_INVALID'],
  [{ name: 'n', cells: [{ id: 'a', dialect: 'flink', text: 'x'.repeat(200_001) }] }, 'NOTEBOOK_INVALID'],
])('%j is refused', (value, code) => {
  expect(() => checkNotebook(value)).toThrow(expect.objectContaining({ code }))
})

test('a line of braces costs no more than others', () => {
  const [cell] = parseNotebook('n', `-- %% ${'{'.repeat(1_000_000)}}\nSELECT 1;\n`).cells
  expect(cell).toMatchObject({ text: 'SELECT 1;', title: '{'.repeat(200) })
})
