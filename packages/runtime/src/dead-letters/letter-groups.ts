/**
 * Dead letters by cause: those of one stage with the same error code, the same message, where figures, quoted text and ids in the
 * message do not count, thrown at the same place of the source. So "item 17 of order 4 has no price" and "item 3 of order 9 has no
 * price" are one cause, unless two lines throw them.
 */
import { createHash } from 'node:crypto'
import { isOwnFile, stackPlace } from '../stack-place.ts'
import type { DeadLetter } from './letter.ts'
import { recordsIn } from './letter.ts'

export interface LetterGroup {
  /** Finds the letters of the group (`LetterFilter.cause`); absent for the messages that are told apart no more. */
  readonly cause?: string
  readonly stage: string
  readonly code: string
  /** Of the oldest letter in the group. */
  readonly message: string
  /** FILE:LINE of the code of the app's author, where it is known. */
  readonly place?: string
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
    let key = causeKey(letter)
    const isOther = !this.groups.has(key) && this.groups.size >= groupsMax
    if (isOther) key = `${stage}\0${error.code}`
    const known = this.groups.get(key)
    this.groups.set(key, known === undefined ? newGroup(letter, isOther) : grown(known, letter))
  }

  /** The largest first. */
  list(): LetterGroup[] {
    return [...this.groups.values()].sort((a, b) => b.letters - a.letters)
  }
}

/** Short name of a letter's cause, the same for all letters of the cause, here and elsewhere. */
export function causeOf(letter: DeadLetter): string {
  return createHash('sha256').update(causeKey(letter)).digest('hex').slice(0, 16)
}

/** Where the code of the app's author threw it, or called what threw it. */
export function letterPlace({ error }: DeadLetter): string | undefined {
  return error.stack === undefined
    ? undefined
    : stackPlace(error.stack.split('\n'), (file) => !isOwnFile(file))
}

/** The message without what differs from record to record. */
export function shapeOf(message: string): string {
  return message
    .slice(0, 500)
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '"')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#')
    .replace(/\d+(?:[.:,-]\d+)*/g, '#')
}

function causeKey(letter: DeadLetter): string {
  const { stage, error } = letter
  return `${stage}\0${error.code}\0${shapeOf(error.message)}\0${letterPlace(letter) ?? ''}`
}

function newGroup(letter: DeadLetter, isOther: boolean): LetterGroup {
  const { stage, id, error, firstTime, lastTime } = letter
  const place = isOther ? undefined : letterPlace(letter)
  return {
    ...(isOther ? {} : { cause: causeOf(letter) }),
    stage,
    code: error.code,
    message: isOther ? otherMessages : error.message,
    ...(place === undefined ? {} : { place }),
    letters: 1,
    records: recordsIn(letter),
    firstTime,
    lastTime,
    id,
  }
}

function grown(group: LetterGroup, letter: DeadLetter): LetterGroup {
  return {
    ...group,
    letters: group.letters + 1,
    records: group.records + recordsIn(letter),
    firstTime: letter.firstTime < group.firstTime ? letter.firstTime : group.firstTime,
    lastTime: letter.lastTime > group.lastTime ? letter.lastTime : group.lastTime,
  }
}
