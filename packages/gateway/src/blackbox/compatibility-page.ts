/** A page of what was tried, held against the cases that it was written from: a case more or less makes it stale. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

interface TriedCase {
  readonly operation: string
  readonly error?: string | undefined
  readonly isPlain?: boolean | undefined
}

/** Column -> which cases its client runs. */
export type PageColumns<Case> = Readonly<Record<string, (each: Case) => boolean>>

export const serviceColumns: PageColumns<TriedCase> = {
  'JavaScript SDK 3': ({ isPlain }) => isPlain !== true,
  boto3: ({ isPlain }) => isPlain !== true,
  'AWS CLI': ({ isPlain }) => isPlain !== true,
  'Plain JSON': () => true,
}

export function operationsOf(cases: readonly TriedCase[]): string[] {
  return [...new Set(cases.map(({ operation }) => operation))].sort()
}

/** Operations that a client of JavaScript knows, by its classes of commands. */
export function commandsOf(...sdks: readonly object[]): string[] {
  return sdks
    .flatMap((sdk) => Object.keys(sdk))
    .filter((name) => /[a-z]Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length))
    .sort()
}

/** Each operation is tried with success and with an error. */
export function expectBothOutcomes(cases: readonly TriedCase[]): void {
  for (const operation of operationsOf(cases)) {
    const own = cases.filter((each) => each.operation === operation)
    const outcomes = new Set(own.map(({ error }) => (error === undefined ? 'success' : 'error')))
    expect([...outcomes].sort(), operation).toEqual(['error', 'success'])
  }
}

/** `page`: name of a page in docs/. */
export function expectPage<Case extends TriedCase>(
  page: string,
  cases: readonly Case[],
  columns: PageColumns<Case>,
): void {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')
  const numbers = tableUnder(text, 'Operation | Java')
  expect(numbers[0]).toEqual(['Operation', ...Object.keys(columns)])
  expect(numbers.slice(1)).toEqual(
    operationsOf(cases).map((operation) => {
      const own = cases.filter((each) => each.operation === operation)
      const counts = Object.values(columns).map((has) => own.filter(has).length)
      return [operation, ...counts.map((count) => (count === 0 ? '–' : `${count}`))]
    }),
  )
  expect(tableUnder(text, 'Operation | Errors').slice(1)).toEqual(
    operationsOf(cases).map((operation) => {
      const own = cases.filter((each) => each.operation === operation)
      const types = new Set(own.flatMap(({ error }) => (error === undefined ? [] : [error])))
      return [operation, [...types].sort().join(', ')]
    }),
  )
}

/** Rows of the table whose heading begins so, without the line under the heading. */
function tableUnder(page: string, heading: string): string[][] {
  const lines = page.slice(page.indexOf(`| ${heading}`)).split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines
    .slice(0, end)
    .filter((_, i) => i !== 1)
    .map((line) => line.slice(2, -2).split(' | '))
}
