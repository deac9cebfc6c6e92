/** What DuckDB says of a query, as an error of the lake: with the place in the query's text, and without paths of files. */
import { LakeError, type LakeErrorCode } from '../errors.ts'

export class LakeQueryError extends LakeError {
  /** Of the first character that the error is about, in characters from 0; undefined where it is about none. */
  readonly position: number | undefined

  constructor(
    code: LakeErrorCode,
    message: string,
    place?: { readonly sql: string; readonly position: number },
  ) {
    super(code, place === undefined ? message : `${placeText(place.sql, place.position)}: ${message}`)
    this.position = place?.position
  }
}

/** `linesBefore`: lines that stand before the user's text in what was given to DuckDB. */
export function queryError(error: unknown, sql: string, linesBefore = 0): LakeQueryError {
  if (error instanceof LakeQueryError) return error
  const text = error instanceof Error ? error.message : String(error)
  const [, type = '', rest = text] = /^([A-Z][A-Za-z ]*?) Error: ([\s\S]*)$/.exec(text) ?? []
  const [said = '', shown] = rest.split(/\n+LINE (?=\d+: )/)
  const position = shown === undefined ? undefined : shownPosition(shown, sql, linesBefore)
  const place = position === undefined ? undefined : { sql, position }
  const message = said.trim().replace(/\s*\n+\s*/g, '; ')
  if (type === 'Out of Memory')
    return new LakeQueryError(
      'LAKE_QUERY_LIMIT',
      `the query needs more memory than it may use: ${message.replace(/;? *Possible solutions:[\s\S]*/, '')} Select fewer columns ` +
        'or rows, or allow more memory.',
    )
  if (type === 'Permission')
    return new LakeQueryError(
      'LAKE_QUERY_REFUSED',
      `${message}. A query reads tables of the catalog; ask for a table by its name.`,
      place,
    )
  return new LakeQueryError('LAKE_QUERY_INVALID', message === '' ? text : message, place)
}

/** DuckDB shows a line of the text and a mark below it; a long line is shown in part, with dots before and after. */
function shownPosition(shown: string, sql: string, linesBefore: number): number | undefined {
  const [, number, line, mark] = /^(\d+: )(.*)\n( *)\^/.exec(shown) ?? []
  if (number === undefined || line === undefined || mark === undefined) return undefined
  const index = Number.parseInt(number, 10) - 1 - linesBefore
  const lines = sql.split('\n')
  const whole = lines[index]
  if (whole === undefined) return undefined
  const column = mark.length - `LINE ${number}`.length
  const isCut = line.startsWith('...') && !whole.startsWith('...')
  const part = line.replace(/^\.\.\./, '').replace(/\.\.\.$/, '')
  const from = isCut ? whole.indexOf(part) : 0
  if (from < 0) return undefined
  const before = lines.slice(0, index).reduce((sum, { length }) => sum + length + 1, 0)
  return before + Math.min(whole.length, from + column - (isCut ? 3 : 0))
}

/** `line 2:14`. */
function placeText(sql: string, position: number): string {
  const before = sql.slice(0, position).split('\n')
  return `line ${before.length}:${(before[before.length - 1] ?? '').length + 1}`
}

/** DuckDB counts bytes of UTF-8. */
export function charPosition(sql: string, byte: number): number {
  return Buffer.from(sql).subarray(0, byte).toString('utf8').length
}
