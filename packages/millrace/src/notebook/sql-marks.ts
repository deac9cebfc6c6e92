/**
 * Diagnostics of SQL as marks of a cell's text. Offsets of both are UTF-16 code units; a diagnostic of one statement is moved to where
 * the statement stands.
 */
import type { Mark } from '@millrace/console'
import type { Diagnostic } from '@millrace/sql'
import { quoted } from './quoted-name.ts'

/** The cell cannot be run as it is written. */
export class CellFailure extends Error {
  override readonly name = 'CellFailure'
  readonly code = 'SQL_REFUSED'
  readonly marks: readonly Mark[]

  constructor(marks: readonly Mark[]) {
    const errors = marks.filter(({ severity }) => severity === 'error')
    const more = errors.length > 1 ? ` And ${errors.length - 1} more.` : ''
    super(`${errors[0]?.code ?? ''}: ${errors[0]?.message ?? 'the program has errors'}${more}`)
    this.marks = marks
  }
}

/** `offset`: where `text` begins in the cell. */
export function marksOf(
  diagnostics: readonly Diagnostic[],
  text: string,
  { offset = 0, dialect }: { readonly offset?: number; readonly dialect: 'flink' | 'kda' },
): Mark[] {
  return diagnostics.map(({ code, severity, span, message, notes }) => {
    const from = Math.min(span.start, text.length)
    const to = Math.min(Math.max(span.end, from), text.length)
    const suggestion = suggestionOf(message, dialect)
    const details = notes.map((note) => ` (${note.message})`).join('')
    return {
      ...visible({ from, to }, text, offset),
      severity,
      code,
      message: `${message}${details}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    }
  })
}

/** A stream without records is known, but its columns are not. */
export function explainUnknown(marks: readonly Mark[], streams: readonly string[]): Mark[] {
  return marks.map((mark) => {
    const stream =
      mark.code === 'SQL2001' ? streams.find((name) => mark.message.includes(`\`${name}\``)) : undefined
    if (stream === undefined || mark.message.indexOf(`\`${stream}\``) > mark.message.indexOf('.')) return mark
    const message = `the stream "${stream}" has no records yet from which its columns could be read. Put a record, or declare it above: CREATE TABLE ${quoted(stream, 'flink')} (...) WITH ('connector' = 'stream').`
    return { from: mark.from, to: mark.to, severity: mark.severity, code: mark.code, message }
  })
}

/** At least one character wide, so that it can be seen and pointed at. */
function visible({ from, to }: { from: number; to: number }, text: string, offset: number) {
  if (to > from) return { from: offset + from, to: offset + to }
  const start = Math.max(0, Math.min(from, text.length - 1))
  return { from: offset + start, to: offset + Math.min(start + 1, text.length) }
}

/** The spelling that a message offers, as the cell has to have it at the mark's place. */
function suggestionOf(message: string, dialect: 'flink' | 'kda'): string | undefined {
  const [, name, word] = /Did you mean (?:["`]([^"`]+)["`]|(\w+))\?/.exec(message) ?? []
  if (name === undefined) return word
  return quoted(name, dialect)
}
