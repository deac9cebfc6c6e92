/**
 * `millrace dead list`: dead letters as lines for people, the oldest place first, or by cause; with --json one line of JSON for
 * each. Reads beside a running app.
 */

import { summary } from '@millrace/console'
import { type DeadLetter, DeadLetters, type LetterFilter, type LetterPlace } from '@millrace/runtime'
import { chooseDataDir, openToRead } from '../data-directory.ts'
import { fit } from '../format.ts'
import { LineOutput } from '../output.ts'
import { plainTable, shortId, shown, withoutCode } from './letter-text.ts'

const pageLetters = 500

export interface DeadListFlags {
  readonly filter: LetterFilter
  readonly causes: boolean
  readonly limit: number
  readonly json: boolean
  readonly dataDir: string | undefined
}

export async function deadList(flags: DeadListFlags): Promise<void> {
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    const letters = new DeadLetters(store)
    if (flags.causes) await printCauses(letters, flags)
    else await printLetters(letters, flags)
  } finally {
    await store.close()
  }
}

async function printCauses(letters: DeadLetters, { filter, json, limit }: DeadListFlags): Promise<void> {
  const causes = await letters.causes(filter)
  if (json) return printLines(causes.slice(0, limit))
  if (causes.length === 0) return print([nothing(filter)])
  const rows = causes
    .slice(0, limit)
    .map(({ letters: count, stage, code, message, lastTime, id }) => [
      String(count),
      stage,
      code,
      lastTime,
      shortId(id),
      withoutCode(code, message),
    ])
  print(plainTable([['letters', 'stage', 'code', 'last', 'for example', 'message'], ...rows]))
  if (causes.length > limit) note(`${causes.length - limit} more causes: --limit ${causes.length}`)
}

async function printLetters(letters: DeadLetters, { filter, json, limit }: DeadListFlags): Promise<void> {
  const found: DeadLetter[] = []
  let after: LetterPlace | undefined
  do {
    const asked = { limit: Math.min(pageLetters, limit + 1 - found.length) }
    const page = await letters.list(filter, after === undefined ? asked : { ...asked, after })
    found.push(...page.letters)
    after = page.next
  } while (after !== undefined && found.length <= limit)
  const shownLetters = found.slice(0, limit)
  if (json) await printLines(shownLetters.map(summary))
  else if (found.length === 0) print([nothing(filter)])
  else {
    const rows = shownLetters.map((letter) => [
      letter.stage,
      shortId(letter.id),
      letter.partitionKey === undefined ? '-' : shown(letter.partitionKey, 24),
      letter.error.code,
      letter.attempts === undefined ? '-' : String(letter.attempts),
      letter.lastTime,
      withoutCode(letter.error.code, letter.error.message),
    ])
    print(plainTable([['stage', 'id', 'key', 'code', 'tries', 'last', 'message'], ...rows]))
  }
  if (found.length > limit) {
    const stages = letters
      .counts()
      .filter(({ stage }) => filter.stage === undefined || stage === filter.stage)
    const total = stages.reduce((sum, each) => sum + each.letters, 0)
    const isAll = filter.code === undefined && filter.key === undefined
    note(`there are more${isAll ? ` (${total} in all)` : ''}: --limit N, or by cause with --causes`)
  }
}

function nothing(filter: LetterFilter): string {
  const named = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  )
  return named.length === 0 ? 'no dead letters' : `no dead letters of ${named.join(', ')}`
}

function print(lines: readonly string[]): void {
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
  process.stdout.write(`${lines.map((line) => fit(line, columns)).join('\n')}\n`)
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function printLines(values: readonly object[]): Promise<void> {
  const output = new LineOutput()
  for (const value of values) await output.line(Buffer.from(JSON.stringify(value)))
  await output.flush()
}
