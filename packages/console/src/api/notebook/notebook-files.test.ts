/** Notebooks in folders: the first one that can be written, never over what somebody else changed, whole or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NotebookFiles } from './notebook-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-notebooks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const notebook = (text: string, name = 'orders') => ({
  name,
  cells: [{ id: 'a', dialect: 'flink' as const, text }],
})
const code = (code: string) => expect.objectContaining({ code })

test('saved, listed, read, saved again and deleted; with an old version nothing happens', () => {
  const files = new NotebookFiles([join(folder, 'app')])
  expect(files.list()).toEqual({ notebooks: [] })
  const first = files.save(notebook('SELECT 1;'), undefined)
  expect(() => files.save(notebook('SELECT 2;'), undefined)).toThrow(code('NOTEBOOK_CHANGED'))
  const second = files.save(notebook('SELECT 2;'), first.version)
  expect(() => files.save(notebook('SELECT 3;'), first.version)).toThrow(code('NOTEBOOK_CHANGED'))
  expect(files.read('orders')).toMatchObject({ version: second.version, notebook: notebook('SELECT 2;') })
  expect(files.list().notebooks).toEqual([{ name: 'orders', cells: 1, file: second.file }])
  expect(readdirSync(join(folder, 'app'))).toEqual(['orders.notebook.sql'])
  expect(() => files.delete('orders', first.version)).toThrow(code('NOTEBOOK_CHANGED'))
  files.delete('orders', second.version)
  expect(() => files.read('orders')).toThrow(code('NOTEBOOK_UNKNOWN'))
})

test('a change by an editor is noticed, and so is a file that went', () => {
  const files = new NotebookFiles([folder])
  const { version, file } = files.save(notebook('SELECT 1;'), undefined)
  writeFileSync(file, 'SELECT 9;')
  expect(() => files.save(notebook('SELECT 2;'), version)).toThrow(code('NOTEBOOK_CHANGED'))
  expect(files.read('orders').notebook.cells[0]?.text).toBe('SELECT 9;')
  rmSync(file)
  expect(() => files.save(notebook('SELECT 2;'), version)).toThrow(/removed/)
})

test('the second folder takes what the first one cannot', () => {
  // A file where the folder should be.
  writeFileSync(join(folder, 'app'), '')
  const files = new NotebookFiles([join(folder, 'app', 'x'), join(folder, 'kept')])
  expect(files.save(notebook('SELECT 1;'), undefined).file).toBe(join(folder, 'kept/orders.notebook.sql'))
})

test('names that lead elsewhere are refused, and files of other names are not seen', () => {
  const files = new NotebookFiles([folder])
  writeFileSync(join(folder, '.hidden.notebook.sql'), 'x')
  writeFileSync(join(folder, 'plain.sql'), 'x')
  mkdirSync(join(folder, 'sub'))
  expect(files.list()).toEqual({ notebooks: [] })
  for (const name of ['../x', '..', 'a/b', '', '.hidden', 'a\0b'])
    expect(() => files.read(name)).toThrow(code('NOTEBOOK_NAME_INVALID'))
  expect(existsSync(join(folder, 'sub'))).toBe(true)
})

test('a notebook that cannot be read hides no other', () => {
  const files = new NotebookFiles([folder])
  files.save(notebook('SELECT 1;'), undefined)
  writeFileSync(join(folder, 'many.notebook.sql'), '-- %%\nSELECT 1;\n'.repeat(1_000))
  mkdirSync(join(folder, 'odd.notebook.sql'))
  expect(files.list().notebooks.map(({ name, cells }) => [name, cells])).toEqual([
    ['many', 0],
    ['odd', 0],
    ['orders', 1],
  ])
  expect(() => files.read('many')).toThrow(code('NOTEBOOK_INVALID'))
  expect(() => files.read('odd')).toThrow(code('NOTEBOOK_UNREADABLE'))
})
