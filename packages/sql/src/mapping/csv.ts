/** CSV text to records of fields, with delimiters of one or more characters. A row delimiter '\n' also takes '\r\n'. */
export interface CsvField {
  readonly text: string
  readonly quoted: boolean
}

/** The records; empty lines are none. A sentence if a quoted field does not end. */
export function csvRecords(
  text: string,
  rowDelimiter: string,
  columnDelimiter: string,
): (readonly CsvField[])[] | string {
  const records: CsvField[][] = []
  let record: CsvField[] = []
  let at = 0
  const endRecord = (): void => {
    const isEmpty = record.length === 1 && record[0]!.text.trim() === '' && !record[0]!.quoted
    if (record.length > 0 && !isEmpty) records.push(record)
    record = []
  }
  while (at <= text.length) {
    const quoted = text[at] === '"'
    let field: string
    if (quoted) {
      const end = endOfQuoted(text, at)
      if (end < 0) return `the quoted field at character ${at + 1} is not closed`
      field = text.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
    } else {
      const end = nextOf(text, at, rowDelimiter, columnDelimiter)
      field = text.slice(at, end)
      at = end
    }
    if (rowDelimiter === '\n' && !text.startsWith(columnDelimiter, at) && !quoted && field.endsWith('\r'))
      field = field.slice(0, -1)
    if (rowDelimiter === '\n' && quoted && text[at] === '\r') at++
    record.push({ text: field, quoted })
    if (at >= text.length) break
    if (text.startsWith(columnDelimiter, at)) at += columnDelimiter.length
    else if (text.startsWith(rowDelimiter, at)) {
      at += rowDelimiter.length
      endRecord()
      if (at >= text.length) break
    } else return `after the quoted field at character ${at + 1} comes neither a delimiter nor the end`
  }
  endRecord()
  return records
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] !== '"') continue
    if (text[at + 1] !== '"') return at
    at++
  }
  return -1
}

function nextOf(text: string, from: number, a: string, b: string): number {
  const [first, second] = [text.indexOf(a, from), text.indexOf(b, from)]
  if (first < 0 || second < 0) return Math.max(first, second) < 0 ? text.length : Math.max(first, second)
  return Math.min(first, second)
}
