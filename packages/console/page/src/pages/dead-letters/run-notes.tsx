/** What was redriven from this page, and what came of it. */
import { Button, Note, type Tone } from '../../kit/controls.tsx'
import { countWords, shortId, withoutCode } from './letter-words.ts'
import type { RedriveRequest, RedriveRun } from './redrive-runs.ts'

export interface RunNotesProps {
  readonly runs: readonly RedriveRun[]
  /** Letters of all stages that have been redriven by now. */
  readonly redrivenNow: number
  readonly onDismiss: (id: number) => void
  readonly onAgain: (request: RedriveRequest) => void
  readonly onOpen: (letter: { readonly stage: string; readonly id: string }) => void
}

export function RunNotes({ runs, redrivenNow, onDismiss, onAgain, onOpen }: RunNotesProps) {
  return (
    <div className="runs">
      {runs.map((run) => (
        <div key={run.id} className="run">
          <Note tone={toneOf(run)} {...(run.error === undefined ? {} : { code: run.error.code })}>
            <RunText run={run} redrivenNow={redrivenNow} />
            {run.state === 'refused' && run.error?.code === 'DEAD_LETTER_ORDER' ? (
              <div className="run-actions">
                <Button onClick={() => onAgain({ ...run, outOfOrder: true })}>Redrive out of order</Button>
              </div>
            ) : null}
            {run.dead.length === 0 ? null : (
              <ul className="run-dead">
                {run.dead.map(({ stage, id, outcome, error, sequence }) => (
                  <li key={`${stage} ${id} ${sequence}`}>
                    {error === undefined || outcome !== 'died' ? (
                      <span>{shortId(id)} died, and went back once more</span>
                    ) : (
                      <>
                        <Button look="plain" onClick={() => onOpen({ stage, id })}>
                          {shortId(id)}
                        </Button>{' '}
                        <span className="mono">{error.code}</span> {withoutCode(error.code, error.message)}
                      </>
                    )}
                  </li>
                ))}
              </ul>
            )}
          </Note>
          <Button look="plain" className="icon" aria-label="Dismiss" onClick={() => onDismiss(run.id)}>
            ✕
          </Button>
        </div>
      ))}
    </div>
  )
}

function toneOf({ state, died, done }: RedriveRun): Tone {
  if (state === 'refused' || (state === 'over' && died > 0 && done === 0)) return 'bad'
  if (died > 0) return 'warn'
  return state === 'over' && done > 0 ? 'ok' : 'plain'
}

function RunText({ run, redrivenNow }: { readonly run: RedriveRun; readonly redrivenNow: number }) {
  const { state, label, expected, redrivenBefore, redriven, unreadable, waiting, done, died, older, error } =
    run
  switch (state) {
    case 'refused':
      return <>{withoutCode(error?.code ?? '', error?.message ?? '')}</>
    case 'sending':
      return (
        <>
          Redriving {label}...{' '}
          <progress
            aria-label={`Redriving ${label}`}
            {...(expected <= 1 ? {} : { max: expected, value: redrivenNow - redrivenBefore })}
          />
        </>
      )
    default: {
      const parts = [
        ...(done > 0 ? [`${countWords(done, 'letter')} came out`] : []),
        ...(died > 0 ? [`${countWords(died, 'letter')} died again`] : []),
        ...(waiting > 0 ? [`${countWords(waiting, 'letter')} at work`] : []),
        ...(older > 0 ? [`${countWords(older, 'letter')} not looked at`] : []),
        ...(unreadable > 0 ? [`${unreadable} stay, since their records cannot be read`] : []),
      ]
      return (
        <>
          Redriven: {label}, {redriven === 0 ? 'no such letters now' : parts.join(', ')}.{' '}
          {state === 'followed' ? (
            <progress
              aria-label={`Letters of ${label} that are decided`}
              max={redriven}
              value={done + died}
            />
          ) : null}
        </>
      )
    }
  }
}
