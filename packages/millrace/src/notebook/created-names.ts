/** What statements of a cell declare, read off their text: also of those that cannot be bound. */
import { splitStatements } from '@millrace/sql'

/** The statement from its first word on. */
export function withoutComments(statement: string): string {
  return statement.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
}

/** The table, view or function that a statement makes. */
export function createdName(statement: string): string | undefined {
  const [, quotedName, plain] =
    /^CREATE\s+(?:TEMPORARY\s+)?(?:SYSTEM\s+)?(?:TABLE|VIEW|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:`([^`]+)`|([\p{L}_][\p{L}\p{N}_$]*))/iu.exec(
      withoutComments(statement),
    ) ?? []
  return quotedName ?? plain
}

export function createdNames(texts: readonly string[]): string[] {
  return texts.flatMap((text) => splitStatements(text, 'flink')).flatMap((each) => createdName(each) ?? [])
}
