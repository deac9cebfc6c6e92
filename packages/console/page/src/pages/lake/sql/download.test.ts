import { expect, test } from 'vitest'
import type { ColumnShape } from '../../../../../src/protocol/notebook.ts'
import { csvText, jsonText } from './download.ts'

const column = (name: string, isNumber: boolean): ColumnShape => ({ name, type: '', isNumber, isTime: false })
const result = {
  columns: [column('id', true), column('a "note"', false)],
  rows: [
    ['1', 'plain'],
    ['9007199254740993', 'a, "b"\nc'],
    ['1.50', ''],
    ['NaN', null],
    [null, '7'],
  ],
} as const

test('as CSV nothing is lost: quotes, line breaks, and an empty text beside NULL', () => {
  expect(csvText(result)).toBe(
    'id,"a ""note"""\r\n1,plain\r\n9007199254740993,"a, ""b""\nc"\r\n1.50,""\r\nNaN,\r\n,7\r\n',
  )
})

test('as JSON each line is an object, and a number is one only where it stays the same', () => {
  const lines = jsonText(result).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { id: 1, 'a "note"': 'plain' },
    { id: '9007199254740993', 'a "note"': 'a, "b"\nc' },
    { id: '1.50', 'a "note"': '' },
    { id: 'NaN', 'a "note"': null },
    { id: null, 'a "note"': '7' },
  ])
})
