/** Dead letters in words: lines of a list, and one letter whole. */
import type { DeadLetter } from '@millrace/runtime'

const cellLengthMax = 200

/** `orders/0/12` for `orders/0000/0000000000000012`; both are understood. */
export function shortId(id: string): string {
  return id.replace(/\/0*(\d+)\/0*(\d+)$/, '/$1/$2')
}

/** One line, without what a terminal would take for a command. */
export function shown(text: string, lengthMax: number): string {
  const line = text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?')
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}~`
}

/** Columns of text, two spaces between; the last is as long as it is. */
export function plainTable(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map((cell) => shown(cell, cellLengthMax)))
  const widths: number[] = []
  for (const row of cells) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  }
  return cells.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
  )
}

export function letterText(letter: DeadLetter, isTerminal: boolean): string {
  const { error, stage, id, firstTime, lastTime, attempts, codeVersion, partitionKey, arrivalTime } = letter
  const tries =
    attempts === undefined
      ? ''
      : `, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} since ${firstTime}`
  const facts: [string, string][] = [
    ['stage', stage],
    ['id', shortId(id)],
    ...optional('key', partitionKey),
    ['died', `${lastTime}${tries}`],
    ...optional('arrived', arrivalTime === undefined ? undefined : new Date(arrivalTime).toISOString()),
    ...optional('place', letter.place),
    ...optional('code', codeVersion === undefined ? undefined : `version ${codeVersion}`),
    ...optional('records', letter.records === undefined ? undefined : String(letter.records)),
    ...optional('redriven', letter.redrives === undefined ? undefined : times(letter.redrives)),
    ...(letter.failures ?? []).map(({ lastTime: at, code, message, attempts: tried }): [string, string] => [
      'before',
      `${at} ${code} after ${tried}: ${shown(message, 120)}`,
    ]),
  ]
  const { original } = letter
  return [
    ...facts.map(([name, value]) => `${name.padEnd(9)} ${value}`),
    '',
    error.stack?.includes(error.message) === true
      ? withCode(error.code, error.stack)
      : withCode(error.code, error.message),
    '',
    ...payload('payload', letter.text, letter.data, isTerminal),
    ...(original === undefined
      ? []
      : [
          '',
          ...payload(
            `payload before the edit of ${original.editedTime}`,
            undefined,
            original.data,
            isTerminal,
          ),
        ]),
    '',
  ].join('\n')
}

function optional(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]]
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** A message of ours begins with its code, which stands in a column of its own. */
export function withoutCode(code: string, message: string): string {
  return message.startsWith(`${code} `) ? message.slice(code.length + 1) : message
}

function withCode(code: string, text: string): string {
  return text.includes(code) ? text : `${code} ${text}`
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function payload(
  title: string,
  text: string | undefined,
  data: string | undefined,
  isTerminal: boolean,
): string[] {
  if (data === undefined) return [`${title}: none, it cannot be read`]
  const found = text ?? decoded(data)
  if (found === undefined) return [`${title}, ${Buffer.byteLength(data, 'base64')} bytes as base64:`, data]
  // On a terminal control characters would be obeyed.
  return [`${title}:`, isTerminal ? found.replace(/(?![\n\t])\p{Cc}/gu, '?') : found]
}

function decoded(data: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(data, 'base64'))
  } catch {
    return undefined
  }
}
