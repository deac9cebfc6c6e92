/**
 * Records that could not be processed: how many of which stage and why, each of them whole, and what becomes of them when they are
 * redriven. What is chosen is in the address; counts follow by themselves, and lists are read again when they change.
 */
import { useEffect, useState } from 'react'
import type {
  CauseShape,
  CausesAnswer,
  CountsAnswer,
  DropAnswer,
  LetterCountsShape,
  LetterSummary,
} from '../../../../src/protocol/dead-letters.ts'
import { type ApiError, asApiError, postJson } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { every } from '../../kit/clock.ts'
import { Button, ErrorNote, SelectField, Tabs } from '../../kit/controls.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { Empty, Page, Panel } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { useToast } from '../../kit/toast.tsx'
import { useShortcut } from '../../shell/shortcuts.ts'
import { CauseList } from './cause-list.tsx'
import './dead-letters.css'
import { LetterDrawer } from './letter-drawer.tsx'
import { LetterGrid, letterKey } from './letter-grid.tsx'
import { filterOf, type LetterQuery, letterQueryOf, placeOfLetters } from './letter-query.ts'
import { countWords, shortId } from './letter-words.ts'
import { type RedriveRequest, useRedriveRuns } from './redrive-runs.ts'
import { RedrivenList } from './redriven-list.tsx'
import { RunNotes } from './run-notes.tsx'
import { useAtMost } from './use-at-most.ts'
import { useLetters } from './use-letters.ts'

const countsEveryMs = 1_500
const manyLetters = 5_000

/** What a question is about: these letters, so many. */
interface Scope {
  readonly label: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly count: number
}

export default function DeadLettersPage({ query: place }: PageProps) {
  const counts = useApi<CountsAnswer>('/admin/dead-letters/counts')
  useEffect(
    () =>
      every(countsEveryMs, () => {
        if (!document.hidden) counts.reload()
      }),
    [counts.reload],
  )
  const stages = counts.data?.stages
  if (stages === undefined) {
    return (
      <Page title="Dead letters">
        {counts.error === undefined ? (
          <Skeleton lines={8} height={300} />
        ) : (
          <ErrorNote error={counts.error} />
        )}
      </Page>
    )
  }
  return <Letters stages={stages} place={place} error={counts.error} onChanged={counts.reload} />
}

function Letters({
  stages,
  place,
  error,
  onChanged,
}: {
  readonly stages: readonly LetterCountsShape[]
  readonly place: URLSearchParams
  readonly error: ApiError | undefined
  readonly onChanged: () => void
}) {
  const query = letterQueryOf(place)
  const tab = place.get('tab') ?? 'waiting'
  const open = openOf(place)
  const version = JSON.stringify(stages)
  const [edits, setEdits] = useState(0)
  const causes = useApi<CausesAnswer>('/admin/dead-letters/causes', {
    stage: query.stage === '' ? undefined : query.stage,
  })
  const { reload } = causes
  const waiting = sum(stages, ({ letters: count }) => count)
  // Grouping reads every letter.
  const groupedVersion = useAtMost(version, waiting > manyLetters ? 15_000 : 1_000)
  useEffect(() => {
    void groupedVersion
    reload()
  }, [groupedVersion, reload])
  const found = useLetters(query, `${version} ${edits}`)
  const [marked, setMarked] = useState<LetterSummary>()
  const [dropped, setDropped] = useState<Scope>()
  const { runs, begin, dismiss } = useRedriveRuns(onChanged)

  const redriven = sum(stages, (each) => each.redriven)
  const addressOf = (part: Readonly<Record<string, string | undefined>>) =>
    hrefOf(['dead-letters'], {
      ...placeOfLetters(query),
      tab: tab === 'waiting' ? undefined : tab,
      letter: open?.id,
      of: open?.stage,
      edit: place.get('edit') ?? undefined,
      ...part,
    })
  const closed = { letter: undefined, of: undefined, edit: undefined }
  const narrow = (part: Partial<LetterQuery>, replace = false) =>
    go(addressOf({ ...placeOfLetters({ ...query, ...part }), ...closed }), { replace })
  const openLetter = ({ stage, id }: { readonly stage: string; readonly id: string }, isEdited = false) =>
    go(addressOf({ letter: id, of: stage, edit: isEdited ? '1' : undefined }), {
      replace: open !== undefined,
    })
  const close = () => go(addressOf(closed))

  const letters = found.letters ?? []
  const redriveOne = (letter: { readonly stage: string; readonly id: string }) => {
    begin({
      label: shortId(letter.id),
      filter: { stage: letter.stage, id: letter.id },
      expected: 1,
      redrivenBefore: redriven,
    })
    if (open !== undefined) close()
  }
  const step = (by: -1 | 1) => {
    const at = letters.findIndex((letter) => open !== undefined && letterKey(letter) === letterKey(open))
    const next = letters[at + by]
    if (at >= 0 && next !== undefined) openLetter(next)
  }
  // While a letter is open, the drawer has these keys.
  const isOff = open !== undefined
  useShortcut(
    'e',
    'Edit the marked letter',
    () => {
      if (marked !== undefined) openLetter(marked, true)
    },
    { isOff },
  )
  useShortcut(
    'r',
    'Redrive the marked letter',
    () => {
      if (marked !== undefined && letters.some((letter) => letterKey(letter) === letterKey(marked)))
        redriveOne(marked)
    },
    { isOff },
  )

  const scope = scopeOf(query, stages, causes.data?.causes ?? [], found.hasMore ? undefined : letters.length)
  // Counts and causes are two answers, of which one may be older.
  const ofStage = sum(
    stages.filter(({ stage }) => query.stage === '' || query.stage === stage),
    ({ letters: count }) => count,
  )
  const hadAny = stages.length > 0
  return (
    <Page
      title="Dead letters"
      actions={
        tab === 'waiting' && letters.length > 0 ? (
          <>
            <Button
              look="primary"
              onClick={() =>
                begin({
                  label: scope.label,
                  filter: scope.filter,
                  expected: scope.count,
                  redrivenBefore: redriven,
                })
              }
            >
              Redrive {scope.label}
            </Button>
            <Button look="danger" onClick={() => setDropped(scope)}>
              Drop {scope.label}
            </Button>
          </>
        ) : null
      }
    >
      <ErrorNote error={error ?? causes.error ?? found.error} />
      {hadAny ? (
        <Figures>
          <Figure
            name="Waiting"
            value={waiting.toLocaleString('en')}
            tone={waiting > 0 ? 'bad' : 'ok'}
            about={countWords(
              sum(stages, ({ records }) => records),
              'record',
            )}
          />
          <Figure name="Redriven" value={redriven.toLocaleString('en')} about="since ever" />
          <Figure
            name="Dropped"
            value={sum(stages, (each) => each.dropped).toLocaleString('en')}
            about="since ever"
          />
          {stages.map(({ stage, letters: count, redriven: back, dropped: gone }) => (
            <Figure
              key={stage}
              name={stage}
              value={
                <Link href={addressOf({ ...closed, stage, cause: undefined })}>
                  {count.toLocaleString('en')}
                </Link>
              }
              about={`${back} redriven, ${gone} dropped`}
            />
          ))}
        </Figures>
      ) : null}
      <RunNotes
        redrivenNow={redriven}
        runs={runs}
        onDismiss={dismiss}
        onAgain={(run: RedriveRequest) => begin(run)}
        onOpen={openLetter}
      />
      {hadAny ? (
        <Tabs
          label="Which letters"
          tabs={[
            ['waiting', 'Waiting'],
            ['redriven', 'Redriven'],
          ]}
          chosen={tab}
          onChoose={(next) => go(addressOf({ ...closed, tab: next === 'waiting' ? undefined : next }))}
        />
      ) : null}
      {!hadAny ? (
        <Panel>
          <Empty
            next={
              <>
                A record that fails in all its attempts is kept here whole, and its stage goes on.{' '}
                <Link href={hrefOf(['pipeline'])}>See what flows</Link>
              </>
            }
          >
            No record of this data directory has died.
          </Empty>
        </Panel>
      ) : tab === 'redriven' ? (
        stages
          .filter(({ stage }) => query.stage === '' || query.stage === stage)
          .map(({ stage }) => (
            <RedrivenList
              key={stage}
              stage={stage}
              onOpen={(letter) => go(addressOf({ tab: undefined, letter: letter.id, of: letter.stage }))}
            />
          ))
      ) : (
        <>
          <Panel
            title={causes.data?.isWhole === false ? 'Causes of the first 50,000 letters' : 'Causes'}
            flush
            actions={
              query.cause === '' ? null : (
                <Link href={addressOf({ ...closed, cause: undefined })}>All causes</Link>
              )
            }
          >
            {causes.data === undefined ? (
              <Skeleton lines={3} height={90} />
            ) : causes.data.causes.length === 0 ? (
              <Empty>{ofStage === 0 ? 'Nothing waits.' : 'Grouping the letters...'}</Empty>
            ) : (
              <CauseList
                causes={causes.data.causes}
                chosen={query.cause}
                hrefOf={(cause) =>
                  addressOf({
                    ...closed,
                    cause: cause?.cause,
                    code: cause !== undefined && cause.cause === undefined ? cause.code : undefined,
                  })
                }
              />
            )}
          </Panel>
          <div className="letters-panel">
            <Panel
              title="Letters"
              flush
              actions={
                <>
                  <SelectField
                    label="Stage"
                    hideLabel
                    value={query.stage}
                    options={[['', 'all stages'], ...stages.map(({ stage }) => [stage, stage] as const)]}
                    onChange={({ currentTarget }) => narrow({ stage: currentTarget.value, cause: '' })}
                  />
                  <FilterField
                    label="Filter letters by message, payload, key or place"
                    placeholder="Message, payload, key, place"
                    width={260}
                    value={query.text}
                    onChange={(text) => narrow({ text }, true)}
                  />
                </>
              }
            >
              {found.letters === undefined ? (
                <Skeleton lines={6} height={200} />
              ) : (
                <LetterGrid
                  letters={letters}
                  selected={open === undefined ? undefined : letterKey(open)}
                  onOpen={openLetter}
                  onMark={setMarked}
                  onStep={open === undefined ? undefined : step}
                  empty={
                    waiting === 0 ? (
                      <Empty
                        next={<Link href={addressOf({ tab: 'redriven' })}>What became of redriven ones</Link>}
                      >
                        No letter waits.
                      </Empty>
                    ) : (
                      <Empty next={<Link href={hrefOf(['dead-letters'])}>Show all</Link>}>
                        {found.hasMore
                          ? 'None of the letters that were looked at is like that. Look further below.'
                          : 'No letter is like that.'}
                      </Empty>
                    )
                  }
                />
              )}
              <div className="letters-foot">
                <span role="status">
                  {found.letters === undefined ? '' : `${countWords(letters.length, 'letter')} shown`}
                </span>
                {found.hasMore ? (
                  <Button disabled={found.isLoading} onClick={found.more}>
                    {letters.length === 0 ? 'Look further' : 'Show more'}
                  </Button>
                ) : null}
                <span className="keys muted">j k move, Enter opens, e edits, r redrives</span>
              </div>
            </Panel>
          </div>
        </>
      )}
      {open === undefined ? null : (
        <LetterDrawer
          key={letterKey(open)}
          stage={open.stage}
          id={open.id}
          isEdited={place.get('edit') === '1'}
          onEdit={(isEdited) => go(addressOf({ edit: isEdited ? '1' : undefined }), { replace: true })}
          onClose={close}
          onRedrive={() => redriveOne(open)}
          onDrop={() =>
            setDropped({ label: shortId(open.id), filter: { stage: open.stage, id: open.id }, count: 1 })
          }
          onChanged={() => setEdits((now) => now + 1)}
        />
      )}
      {dropped === undefined ? null : (
        <DropQuestion
          scope={dropped}
          onClose={() => setDropped(undefined)}
          onDropped={() => {
            setDropped(undefined)
            onChanged()
            if (open !== undefined) close()
          }}
        />
      )}
    </Page>
  )
}

function DropQuestion({
  scope: { label, filter, count },
  onClose,
  onDropped,
}: {
  readonly scope: Scope
  readonly onClose: () => void
  readonly onDropped: () => void
}) {
  const [error, setError] = useState<ApiError>()
  const [isAtWork, setAtWork] = useState(false)
  const toast = useToast()
  const drop = () => {
    setAtWork(true)
    postJson<DropAnswer>('/admin/dead-letters/drop', { ...filter, all: true }).then(
      ({ dropped }) => {
        toast('ok', `Dropped: ${countWords(dropped, 'letter')}.`)
        onDropped()
      },
      (refused: unknown) => {
        setAtWork(false)
        setError(asApiError(refused))
      },
    )
  }
  return (
    <Dialog
      title={`Drop ${label}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep {count === 1 ? 'it' : 'them'}</Button>
          <Button look="danger" disabled={isAtWork} onClick={drop}>
            {isAtWork ? 'Dropping...' : 'Drop'}
          </Button>
        </>
      }
    >
      <ErrorNote error={error} />
      <p>
        {count === 1 ? 'The letter goes' : `The letters (${count.toLocaleString('en')}) go`} for good, with{' '}
        {count === 1 ? 'its payload' : 'their payloads'}. The ledger remembers how many were dropped.
      </p>
      {isAtWork ? <progress aria-label="Dropping" /> : null}
    </Dialog>
  )
}

function openOf(place: URLSearchParams): { readonly stage: string; readonly id: string } | undefined {
  const [id, stage] = [place.get('letter'), place.get('of')]
  return id === null || stage === null ? undefined : { id, stage }
}

/** What "these" are: the whole of what is filtered, also where not all of it is shown. */
function scopeOf(
  query: LetterQuery,
  stages: readonly LetterCountsShape[],
  causes: readonly CauseShape[],
  /** Undefined: more than are shown. */
  shown: number | undefined,
): Scope {
  const filter = filterOf(query)
  const { stage, cause, code, key, text } = query
  const isWhole = cause === '' && code === '' && key === '' && text === ''
  const ofCause = causes.find((each) => each.cause === cause && cause !== '')
  const count = isWhole
    ? sum(
        stages.filter((each) => stage === '' || each.stage === stage),
        ({ letters }) => letters,
      )
    : text === '' && key === '' && ofCause !== undefined
      ? ofCause.letters
      : shown
  const words = count === undefined ? 'all that match' : countWords(count, 'letter')
  return { label: isWhole && stage === '' && count !== 1 ? `all ${words}` : words, filter, count: count ?? 0 }
}

function sum(stages: readonly LetterCountsShape[], figure: (stage: LetterCountsShape) => number): number {
  return stages.reduce((total, stage) => total + figure(stage), 0)
}
