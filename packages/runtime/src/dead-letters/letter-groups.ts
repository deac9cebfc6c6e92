/**
 * Dead letters by cause: those of one stage with the same error code and the same message, where figures, quoted text and ids
 * in the message do not count. So "item 17 of order 4 has no price" and "item 3 of order 9 has no price" are one cause.
 */
import type { DeadLetter } from './letter.ts'
import { recordsIn } from './letter.ts'

export interface LetterGroup {
  readonly stage: string
  readonly code: string
  /** Of the oldest letter in the group. */
  readonly message: string
  readonly letters: number
  readonly records: number
  readonly firstTime: string
  readonly lastTime: string
  /** The oldest letter: an example. */
  readonly id: string
}

/** Causes that are told apart; what comes after counts into one group for each code, with this message. */
const groupsMax = 1_000
export const otherMessages = '(other messages)'

export class LetterGroups {
  private readonly groups = new Map<string, LetterGroup>()

  add(letter: DeadLetter): void {
    const { stage, error } = letter
    let message = error.message
    let cause = `${stage}\0${error.code}\0${shapeOf(message)}`
    if (!this.groups.has(cause) && this.groups.size >= groupsMax) {
      cause = `${stage}\0${error.code}`
      message = otherMessages
    }
    const known = this.groups.get(cause)
    this.groups.set(cause, {
      stage,
      code: error.code,
      message: known?.message ?? message,
      letters: (known?.letters ?? 0) + 1,
      records: (known?.records ?? 0) + recordsIn(letter),
      firstTime:
        known === undefined || letter.firstTime < known.firstTime ? letter.firstTime : known.firstTime,
      lastTime: known === undefined || letter.lastTime > known.lastTime ? letter.lastTime : known.lastTime,
      id: known?.id ?? letter.id,
    })
  }

  /** The largest first. */
  list(): LetterGroup[] {
    return [...this.groups.values()].sort((a, b) => b.letters - a.letters)
  }
}

/** The message without what differs from record to record. */
export function shapeOf(message: string): string {
  return message
    .slice(0, 500)
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '"')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#')
    .replace(/\d+(?:[.:,-]\d+)*/g, '#')
}
