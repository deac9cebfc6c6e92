/**
 * Statements that a client sends by habit and that change nothing here: transactions, settings, cursors of its own that it closes. Every
 * statement reads one moment and nothing is written, so a transaction is a word only. Pure.
 */
import { withoutComments } from './split-statements.ts'

export type LocalCommand =
  | { readonly kind: 'begin' | 'end'; readonly tag: string; readonly isRollback: boolean }
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'reset'; readonly name: string }
  | { readonly kind: 'discard'; readonly tag: string }
  /** `name` undefined: all. */
  | { readonly kind: 'close'; readonly name: string | undefined }
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'deallocate'; readonly name: string; readonly tag: string }
  | { readonly kind: 'nothing'; readonly tag: string }

/** Undefined: the statement is a query. */
export function localCommand(sql: string): LocalCommand | undefined {
  const text = withoutComments(sql).trim().replace(/\s+/g, ' ')
  const [first = '', second = ''] = text.toUpperCase().split(' ')
  switch (first) {
    case 'BEGIN':
      return { kind: 'begin', tag: 'BEGIN', isRollback: false }
    case 'START':
      return second === 'TRANSACTION'
        ? { kind: 'begin', tag: 'START TRANSACTION', isRollback: false }
        : undefined
    case 'COMMIT':
    case 'END':
      return { kind: 'end', tag: 'COMMIT', isRollback: false }
    case 'ABORT':
    case 'ROLLBACK':
      return second === 'TO'
        ? { kind: 'nothing', tag: 'ROLLBACK' }
        : { kind: 'end', tag: 'ROLLBACK', isRollback: true }
    case 'SAVEPOINT':
    case 'RELEASE':
    case 'LISTEN':
    case 'UNLISTEN':
    case 'LOCK':
      return { kind: 'nothing', tag: first }
    case 'DISCARD':
      return second === 'ALL'
        ? { kind: 'discard', tag: 'DISCARD ALL' }
        : { kind: 'nothing', tag: `DISCARD ${second}` }
    case 'CLOSE':
      return { kind: 'close', name: second === 'ALL' ? undefined : unquoted(text.slice(6)) }
    case 'DEALLOCATE': {
      const name = /^DEALLOCATE (?:PREPARE )?(.*)$/i.exec(text)?.[1] ?? ''
      return {
        kind: 'deallocate',
        name: unquoted(name),
        tag: name.toUpperCase() === 'ALL' ? 'DEALLOCATE ALL' : 'DEALLOCATE',
      }
    }
    case 'SET':
      return setting(text)
    case 'RESET':
      return { kind: 'reset', name: text.slice(6) }
    case 'SHOW': {
      const name = text.slice(5)
      // SHOW TABLES and the like are questions that the query engine answers.
      if (/^(all )?tables\b|^databases$|^schemas$/i.test(name)) return undefined
      return {
        kind: 'show',
        name: /^transaction isolation level$/i.test(name)
          ? 'transaction_isolation'
          : /^time zone$/i.test(name)
            ? 'TimeZone'
            : unquoted(name),
      }
    }
    default:
      return undefined
  }
}

function setting(text: string): LocalCommand {
  const zone = /^SET (?:SESSION |LOCAL )?TIME ZONE (.*)$/i.exec(text)
  if (zone !== null) return { kind: 'set', name: 'TimeZone', value: unquoted(zone[1] ?? '') }
  if (
    /^SET (?:SESSION CHARACTERISTICS|TRANSACTION|SESSION AUTHORIZATION|LOCAL ROLE|ROLE|CONSTRAINTS)\b/i.test(
      text,
    )
  )
    return { kind: 'nothing', tag: 'SET' }
  const [, name = '', value = ''] = /^SET (?:SESSION |LOCAL )?([^ =]+) ?(?:=|TO) ?(.*)$/i.exec(text) ?? []
  return name === ''
    ? { kind: 'nothing', tag: 'SET' }
    : { kind: 'set', name: unquoted(name), value: unquoted(value) }
}

function unquoted(text: string): string {
  return /^'.*'$|^".*"$/s.test(text) ? text.slice(1, -1) : text
}
