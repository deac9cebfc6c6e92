/** What the page and the API say to each other about dead letters (/admin/dead-letters...); docs/dead-letters.md describes each page. */

export interface LetterErrorShape {
  readonly code: string
  readonly name: string
  readonly message: string
}

/** Of a letter that died before, was redriven and died again. */
export interface EarlierFailureShape {
  readonly code: string
  readonly message: string
  readonly codeVersion: string
  readonly attempts: number
  readonly lastTime: string
  readonly redrivenTime: string
}

interface LetterHead {
  readonly stage: string
  /** Where the record stood: STREAM/SHARD/SEQUENCE. */
  readonly id: string
  /** ISO times. */
  readonly firstTime: string
  readonly lastTime: string
  readonly attempts?: number
  readonly codeVersion?: string
  readonly stream?: string
  readonly shard?: number
  readonly sequence?: number
  readonly partitionKey?: string
  /** ms */
  readonly arrivalTime?: number
  /** Of a source's letter: where in its input it stood. */
  readonly place?: string
  /** Of a stretch of the log that cannot be read: how many records it stands for. */
  readonly records?: number
  readonly redrives?: number
}

/** A letter in a list. */
export interface LetterSummary extends LetterHead {
  readonly error: LetterErrorShape
  /** The beginning of the payload, where it is text. */
  readonly preview?: string
  readonly isEdited: boolean
  readonly cause: string
}

/** A letter whole. */
export interface LetterShape extends LetterHead {
  readonly error: LetterErrorShape & { readonly stack?: string }
  /** base64 */
  readonly data?: string
  /** The same where it is UTF-8. */
  readonly text?: string
  readonly failures?: readonly EarlierFailureShape[]
  /** The payload before the first edit. */
  readonly original?: { readonly data: string; readonly editedTime: string }
}

/** GET /admin/dead-letters */
export interface LettersAnswer {
  readonly letters: readonly LetterSummary[]
  readonly next: string | null
}

/** GET /admin/dead-letters/letter */
export interface LetterAnswer {
  readonly letter: LetterShape
  readonly cause: string
  /** Of the record in its stream; null where that holds it no more. */
  readonly sequenceNumber: string | null
}

/** POST /admin/dead-letters/edit */
export interface EditAnswer {
  readonly letter: LetterShape
}

export interface CauseShape {
  /** Names the letters of the cause; absent where there are too many causes to be told apart. */
  readonly cause?: string
  readonly stage: string
  readonly code: string
  readonly message: string
  /** FILE:LINE in the author's code. */
  readonly place?: string
  readonly letters: number
  readonly records: number
  readonly firstTime: string
  readonly lastTime: string
  /** An example: the oldest. */
  readonly id: string
}

/** GET /admin/dead-letters/causes */
export interface CausesAnswer {
  readonly causes: readonly CauseShape[]
  /** There are no more letters than the first 50,000, which were looked at. */
  readonly isWhole: boolean
}

export interface LetterCountsShape {
  readonly stage: string
  readonly letters: number
  readonly records: number
  readonly redriven: number
  readonly dropped: number
}

/** GET /admin/dead-letters/counts */
export interface CountsAnswer {
  readonly stages: readonly LetterCountsShape[]
}

/** POST /admin/dead-letters/redrive */
export interface RedriveAnswer {
  readonly redriven: number
  /** Stretches of the log that cannot be read, and stay. */
  readonly unreadable: number
  /** Where the letters went: records [from, to) of the stage's redrive stream. */
  readonly sent: readonly SentShape[]
}

export interface SentShape {
  readonly stage: string
  readonly shard: number
  readonly from: number
  readonly to: number
}

/** POST /admin/dead-letters/drop */
export interface DropAnswer {
  readonly dropped: number
  readonly records: number
}

/** `waiting`: not decided yet; `done`: it is dead no more; `died`: dead again. */
export type RedriveOutcomeName = 'waiting' | 'done' | 'died'

export interface RedrivenShape {
  readonly stage: string
  readonly id: string
  readonly partitionKey: string
  readonly outcome: RedriveOutcomeName
  readonly redrivenTime: string
  readonly redrives: number
  readonly failure?: EarlierFailureShape
  /** How it died again. */
  readonly error?: { readonly code: string; readonly message: string }
  readonly shard: number
  readonly sequence: number
}

/** GET /admin/dead-letters/redriven */
export interface RedrivenAnswer {
  /** The newest first. */
  readonly letters: readonly RedrivenShape[]
  readonly waiting: number
  readonly done: number
  readonly died: number
  /** Redrives that were not looked at, since they are too old. */
  readonly older: number
}
