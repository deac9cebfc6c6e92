/** What is wrong with a cell of the lake, and what its query gives. */
import type { CellAccess, CheckAnswer, LakeHandle, Mark } from '@millrace/console'
import { codeOf, messageOf } from '@millrace/values'
import { lakeColumn } from './lake-columns.ts'

/** One statement, as the lake takes it. */
export function withoutEnd(text: string): string {
  return text.replace(/\s*;\s*$/, '')
}

export async function checkLakeCell(
  text: string,
  { query }: LakeHandle,
  access: CellAccess | undefined,
): Promise<CheckAnswer> {
  if (text.trim() === '') return { marks: [] }
  try {
    const { columns } = await query.describe(
      withoutEnd(text),
      access === undefined ? {} : { access: access.lake },
    )
    return { marks: [], columns: columns.map(lakeColumn), isAppendOnly: true }
  } catch (error) {
    const marks = lakeMarks(error, text)
    if (marks.length === 0) throw error
    return { marks }
  }
}

/** None for errors that are no fault of the text. */
export function lakeMarks(error: unknown, text: string): Mark[] {
  const code = codeOf(error)
  if (code === undefined || !/^(?:LAKE_QUERY_INVALID|LAKE_QUERY_REFUSED|CATALOG_)/.test(code)) return []
  const position =
    error instanceof Error && 'position' in error && typeof error.position === 'number'
      ? Math.min(error.position, Math.max(0, text.length - 1))
      : undefined
  const word = position === undefined ? 0 : (/^[\w$]+/.exec(text.slice(position))?.[0].length ?? 1)
  return [
    {
      from: position ?? 0,
      to: position === undefined ? text.length : position + Math.max(1, word),
      severity: 'error',
      code,
      message: withoutCode(messageOf(error), code),
    },
  ]
}

/** The lake puts its code before the sentence; a mark has both apart. */
function withoutCode(message: string, code: string): string {
  return message.startsWith(`${code} `) ? message.slice(code.length + 1) : message
}
