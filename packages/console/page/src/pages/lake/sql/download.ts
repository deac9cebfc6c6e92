/** A result as a file. It is made in the page, of the rows that the page has. */
import type { QueryAnswer } from '../../../../../src/protocol/lake.ts'
import { after } from '../../../kit/clock.ts'

type Result = Pick<QueryAnswer, 'columns' | 'rows'>

/** RFC 4180 with a header; an empty text is quoted, so that it is not NULL. */
export function csvText({ columns, rows }: Result): string {
  const lines = [
    columns.map(({ name }) => csvCell(name)).join(','),
    ...rows.map((row) => row.map((value) => (value === null ? '' : csvCell(value))).join(',')),
  ]
  return `${lines.join('\r\n')}\r\n`
}

function csvCell(value: string): string {
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/** One object a line. Numbers that JSON can say exactly are numbers; what has more digits stays text. */
export function jsonText({ columns, rows }: Result): string {
  return rows
    .map((row) => {
      const members = columns.map(({ name, isNumber }, i) => {
        const value = row[i] ?? null
        const isPlain = isNumber && value !== null && isExact(value)
        return `${JSON.stringify(name)}:${isPlain ? value : JSON.stringify(value)}`
      })
      return `{${members.join(',')}}\n`
    })
    .join('')
}

function isExact(text: string): boolean {
  const value = Number(text)
  return Number.isFinite(value) && String(value) === text
}

export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  after(10_000, () => URL.revokeObjectURL(url))
}
