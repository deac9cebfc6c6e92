/** What a race looked like, second by second and before and after: lines for a terminal. */
import { between, iteratorAgeMs, type ShardTotals, type StreamTotals } from './stream-totals.ts'

/** A look at the running totals. */
export interface Look {
  /** Since the start of the race. */
  readonly second: number
  readonly totals: StreamTotals
}

export interface Phase {
  readonly seconds: number
  readonly taken: number
  /** Puts that a shard refused; a message may be refused several times. */
  readonly refused: number
  /** The highest of the averages between two looks. */
  readonly iteratorAgeMs: number
  /** Average of the PutRecords calls. */
  readonly putMs: number
  /** 99 of 100 messages were in the stream after so long, retries included. */
  readonly takenAfterMs: number
  /** Those that took part. */
  readonly shards: ReadonlyMap<string, ShardTotals>
}

const barWidth = 30

/** `waits`: of each message until it was taken, by the second in which it was due. */
export function phaseOf(looks: readonly Look[], waits: readonly (readonly number[])[]): Phase {
  const first = looks[0]
  const last = looks.at(-1)
  if (first === undefined || last === undefined) throw new Error('A phase has two looks at least.')
  const all = between(first.totals, last.totals)
  const ages = looks.slice(1).map(({ totals }, i) => {
    const earlier = looks[i]
    return earlier === undefined ? 0 : (iteratorAgeMs(between(earlier.totals, totals)) ?? 0)
  })
  const sorted = waits
    .slice(Math.ceil(first.second), Math.floor(last.second))
    .flat()
    .sort((a, b) => a - b)
  return {
    seconds: last.second - first.second,
    taken: all.taken,
    refused: all.refused,
    iteratorAgeMs: Math.max(...ages),
    putMs: all.putCount === 0 ? 0 : all.putSumMs / all.putCount,
    takenAfterMs: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    shards: new Map(
      [...all.shards]
        .filter(([, { taken, refused }]) => taken + refused > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  }
}

export const looksHead = '    time   taken/s  refused/s  iterator age'

/** What happened since the look before. */
export function lookLine(before: Look, { second, totals }: Look): string {
  const since = between(before.totals, totals)
  const perSecond = (count: number) => numberText(count / (second - before.second))
  const age = iteratorAgeMs(since)
  const cells = [
    `${second.toFixed(0)} s`.padStart(8),
    perSecond(since.taken).padStart(9),
    perSecond(since.refused).padStart(10),
  ]
  return `${cells.join(' ')}  ${age === undefined ? 'nobody read' : ageText(age)}`
}

export function reportLines({ before, after }: { before: Phase; after: Phase }): string[] {
  const rows: readonly (readonly [string, (phase: Phase) => string])[] = [
    ['messages taken, a second', ({ taken, seconds }) => numberText(taken / seconds)],
    ['puts refused, a second', ({ refused, seconds }) => numberText(refused / seconds)],
    ['iterator age, highest', ({ iteratorAgeMs: ms }) => `${(ms / 1000).toFixed(1)} s`],
    ['PutRecords, average', ({ putMs }) => `${putMs.toFixed(1)} ms`],
    ['99 % of messages taken after', ({ takenAfterMs }) => `${numberText(takenAfterMs)} ms`],
  ]
  const phases = { before, after }
  return [
    `${''.padEnd(30)}${'before'.padStart(12)}${'after'.padStart(12)}`,
    ...rows.map(
      ([name, cell]) => `${name.padEnd(30)}${cell(before).padStart(12)}${cell(after).padStart(12)}`,
    ),
    '',
    ...Object.entries(phases).flatMap(([name, { shards, seconds }]) =>
      Array.from(shards, ([shardId, { taken, refused }], i) => {
        const rate = taken / seconds
        const label = (i === 0 ? name : '').padEnd(8)
        return `${label}${shardId}  ${bar(rate / 1000)} ${numberText(rate)}/s, ${numberText(refused / seconds)}/s refused`
      }),
    ),
  ]
}

function ageText(ms: number): string {
  return `${bar(ms / 6000)} ${(ms / 1000).toFixed(1)} s`
}

function bar(share: number): string {
  return '#'.repeat(Math.min(Math.round(share * barWidth), 2 * barWidth)).padEnd(barWidth)
}

function numberText(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
