/** Redriven letters and what became of them, the newest first, whoever redrove them; followed while some wait. */
import { useEffect } from 'react'
import type { RedrivenAnswer, RedrivenShape } from '../../../../src/protocol/dead-letters.ts'
import { useApi } from '../../api/use-api.ts'
import { every } from '../../kit/clock.ts'
import { Badge, ErrorNote, type Tone } from '../../kit/controls.tsx'
import { Grid } from '../../kit/grid.tsx'
import { Empty, Panel } from '../../kit/page.tsx'
import { Skeleton } from '../../kit/skeleton.tsx'
import { useNow } from '../../kit/use-now.ts'
import { agoText, countWords, shortId, timeText, withoutCode } from './letter-words.ts'

const lookEveryMs = 1_500

const columns = [
  { name: 'outcome', title: 'Outcome', width: 120 },
  { name: 'id', title: 'Record', width: '1.2fr' },
  { name: 'key', title: 'Key', width: '1fr' },
  { name: 'failure', title: 'Had died of', width: '2.4fr' },
  { name: 'error', title: 'Died again of', width: '2.4fr' },
  { name: 'time', title: 'Redriven', width: 100 },
  { name: 'redrives', title: 'Times', align: 'right', width: 70 },
] as const

const words: Readonly<Record<RedrivenShape['outcome'], readonly [string, Tone]>> = {
  waiting: ['at work', 'plain'],
  done: ['came out', 'ok'],
  died: ['died again', 'bad'],
}

export function RedrivenList({
  stage,
  onOpen,
}: {
  readonly stage: string
  readonly onOpen: (letter: { readonly stage: string; readonly id: string }) => void
}) {
  const { data, error, reload } = useApi<RedrivenAnswer>('/admin/dead-letters/redriven', {
    stage,
    limit: 500,
  })
  useEffect(
    () =>
      every(lookEveryMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
  const now = useNow(5_000)
  if (data === undefined)
    return error === undefined ? <Skeleton lines={6} height={200} /> : <ErrorNote error={error} />
  const { letters, waiting, done, died, older } = data
  return (
    <Panel
      title={`Redriven letters of ${stage}`}
      flush
      actions={
        <>
          <Badge tone="ok">{done.toLocaleString('en')} came out</Badge>
          <Badge tone={died > 0 ? 'bad' : 'plain'}>{died.toLocaleString('en')} died again</Badge>
          <Badge>{waiting.toLocaleString('en')} at work</Badge>
          {older > 0 ? <Badge>{countWords(older, 'older one')} not looked at</Badge> : null}
        </>
      }
    >
      <Grid
        label={`Redriven letters of ${stage}`}
        columns={columns}
        rows={letters}
        rowKey={({ shard, sequence }) => `${shard} ${sequence}`}
        cell={(letter, column) => cellOf(letter, column, now)}
        onOpen={(letter) => {
          if (letter.error !== undefined) onOpen(letter)
        }}
        empty={<Empty>No letter of {stage} was redriven yet.</Empty>}
      />
    </Panel>
  )
}

function cellOf(
  { outcome, id, partitionKey, failure, error, ...letter }: RedrivenShape,
  column: string,
  now: number,
) {
  switch (column) {
    case 'outcome': {
      const [word, tone] = words[outcome]
      return <Badge tone={tone}>{word}</Badge>
    }
    case 'id':
      return <span className="mono">{shortId(id)}</span>
    case 'key':
      return partitionKey
    case 'failure':
      return failure === undefined ? '' : `${failure.code} ${withoutCode(failure.code, failure.message)}`
    case 'error':
      return error === undefined
        ? outcome === 'died'
          ? 'it went back once more'
          : ''
        : `${error.code} ${withoutCode(error.code, error.message)}`
    case 'time':
      return (
        <span className="tabular" title={timeText(letter.redrivenTime)}>
          {agoText(letter.redrivenTime, now)}
        </span>
      )
    default:
      return <span className="tabular">{letter.redrives}</span>
  }
}
