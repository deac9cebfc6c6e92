/**
 * Diagnostics: what the front end has to say about a program, and the list that collects them. A stage that finds an
 * error reports it here and goes on with the next independent piece, so that one compile shows many errors.
 */
import type { Span } from '../span.ts'
import type { DiagnosticCode } from './codes.ts'

export interface Note {
  readonly span: Span
  readonly message: string
}

export interface Diagnostic {
  /** SQLnnnn, see codes.ts. */
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly span: Span
  /** What happened, the value, what is allowed, the next step. */
  readonly message: string
  /** Second places involved, such as a declaration. */
  readonly notes: readonly Note[]
}

/** Thrown after a report to leave the piece that cannot be continued; caught by `attempt`, never seen by callers. */
export class Abandoned extends Error {}

export class DiagnosticList {
  readonly items: Diagnostic[] = []

  report(code: DiagnosticCode, span: Span, message: string, notes: readonly Note[] = []): void {
    this.items.push({ code: code.code, severity: code.severity, span, message, notes })
  }

  fail(code: DiagnosticCode, span: Span, message: string, notes: readonly Note[] = []): never {
    this.report(code, span, message, notes)
    throw new Abandoned(message)
  }

  /** Leaves a piece whose failures have been reported already. */
  abandon(): never {
    throw new Abandoned()
  }

  /** The result of `work`, or undefined if it reported a failure. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (failure) {
      if (failure instanceof Abandoned) return undefined
      throw failure
    }
  }

  get hasErrors(): boolean {
    return this.items.some((item) => item.severity === 'error')
  }

  /** In the order of the text; errors before warnings at the same place. */
  sorted(): Diagnostic[] {
    const rank = (item: Diagnostic): number => (item.severity === 'error' ? 0 : 1)
    return [...this.items].sort(
      (a, b) => a.span.start - b.span.start || rank(a) - rank(b) || a.code.localeCompare(b.code),
    )
  }
}
