/**
 * What a translation has to say: constructs whose Flink form answers differently, and those that have no form. Constructs with
 * an exact form are not listed. The same remark about the same construct is made once for each place.
 */
import type { Span } from '../span.ts'

export interface TranslationNote {
  /** The place in the KDA program. */
  readonly span: Span
  /** The construct as it is called in KDA SQL: 'CHAR_TO_TIMESTAMP', 'RANGE window', ... */
  readonly construct: string
  /** 'differs': there is a form, and it answers differently in the cases that `reason` names. 'none': there is no form. */
  readonly verdict: 'differs' | 'none'
  /** One sentence: what differs and when, or why there is no form. */
  readonly reason: string
  /** What to do about it. */
  readonly advice: string
}

/** Thrown to leave a statement that has no Flink form; its note has been written. */
export class NoForm extends Error {}

export class NoteList {
  readonly items: TranslationNote[] = []

  differs(span: Span, construct: string, reason: string, advice: string): void {
    this.#add({ span, construct, verdict: 'differs', reason, advice })
  }

  /** Reports it; the statement is given up when all of it has been looked at. */
  none(span: Span, construct: string, reason: string, advice: string): void {
    this.#add({ span, construct, verdict: 'none', reason, advice })
  }

  /** Reports it and leaves the statement at once, where nothing can stand for the construct. */
  fail(span: Span, construct: string, reason: string, advice: string): never {
    this.none(span, construct, reason, advice)
    throw new NoForm(`${construct}: ${reason}`)
  }

  get missing(): number {
    return this.items.filter(({ verdict }) => verdict === 'none').length
  }

  /** In the order of the text. */
  sorted(): TranslationNote[] {
    return [...this.items].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)
  }

  #add(note: TranslationNote): void {
    const known = this.items.some(
      (each) =>
        each.span.start === note.span.start &&
        each.construct === note.construct &&
        each.reason === note.reason,
    )
    if (!known) this.items.push(note)
  }
}
