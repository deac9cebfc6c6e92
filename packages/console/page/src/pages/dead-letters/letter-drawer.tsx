/**
 * One letter: why it died, what the record was, what was done about it. The payload is edited here; JSON has to stay JSON, and a letter
 * that has died again since it was opened is not overwritten.
 */
import { type ReactNode, useState } from 'react'
import type { EditAnswer, LetterAnswer, LetterShape } from '../../../../src/protocol/dead-letters.ts'
import { type ApiError, asApiError, postJson } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { useDataDir } from '../../api/use-data-dir.ts'
import { Badge, Button, ErrorNote, Note } from '../../kit/controls.tsx'
import { CopyMenu } from '../../kit/copy.tsx'
import { Drawer } from '../../kit/drawer.tsx'
import { Editor } from '../../kit/editor.tsx'
import { Payload } from '../../kit/json-view.tsx'
import { Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { useToast } from '../../kit/toast.tsx'
import { useShortcut } from '../../shell/shortcuts.ts'
import { compactJson, jsonProblem, prettyJson } from './json-layout.ts'
import { letterCalls } from './letter-calls.ts'
import {
  countWords,
  shortId,
  stackLines,
  stageHref,
  streamHref,
  timeText,
  withoutCode,
} from './letter-words.ts'

export interface LetterDrawerProps {
  readonly stage: string
  readonly id: string
  /** Opens with the payload in the editor. */
  readonly isEdited: boolean
  readonly onEdit: (isEdited: boolean) => void
  readonly onClose: () => void
  readonly onRedrive: () => void
  readonly onDrop: () => void
  readonly onChanged: () => void
}

export function LetterDrawer(props: LetterDrawerProps) {
  const { stage, id, isEdited, onEdit, onClose, onRedrive, onDrop, onChanged } = props
  const { data, error, reload } = useApi<LetterAnswer>('/admin/dead-letters/letter', { stage, id })
  const letter = data?.letter
  const dataDir = useDataDir()
  const canEdit = letter?.text !== undefined
  useShortcut('e', 'Edit the payload', () => {
    if (canEdit) onEdit(true)
  })
  useShortcut('r', 'Redrive the letter', onRedrive)
  return (
    <Drawer
      title={shortId(id)}
      wide
      onClose={onClose}
      actions={
        letter === undefined ? null : (
          <>
            <CopyMenu items={letterCalls(letter, { endpoint: window.location.origin, dataDir })} />
            {canEdit && !isEdited ? (
              <Button title="Edit the payload (e)" onClick={() => onEdit(true)}>
                Edit
              </Button>
            ) : null}
            <Button look="primary" title="Redrive the letter (r)" onClick={onRedrive}>
              Redrive
            </Button>
            <Button look="danger" onClick={onDrop}>
              Drop
            </Button>
          </>
        )
      }
    >
      <div className="letter">
        <ErrorNote error={error} />
        {data === undefined ? (
          error === undefined ? (
            <Skeleton lines={10} height={300} />
          ) : null
        ) : (
          <>
            <Why letter={data.letter} />
            {isEdited && data.letter.text !== undefined ? (
              <PayloadEditor
                // A letter that died again is another text.
                key={data.letter.lastTime}
                letter={data.letter}
                text={data.letter.text}
                onClose={() => onEdit(false)}
                onSaved={(isRedriven) => {
                  onEdit(false)
                  onChanged()
                  if (isRedriven) onRedrive()
                  else reload()
                }}
              />
            ) : (
              <Part title="Payload">
                {data.letter.text !== undefined ? (
                  <Payload text={data.letter.text} />
                ) : data.letter.data !== undefined ? (
                  <>
                    <p className="muted">
                      It is no UTF-8. In base64; <code>millrace dead edit --file</code> replaces it.
                    </p>
                    <pre className="mono">{data.letter.data}</pre>
                  </>
                ) : (
                  <p className="muted">
                    It stands for {countWords(data.letter.records ?? 0, 'record')} of the log that cannot be
                    read, and has no payload. It can be dropped.
                  </p>
                )}
              </Part>
            )}
            <Facts {...data} />
            <Stack stack={data.letter.error.stack} />
            <Before letter={data.letter} />
          </>
        )}
      </div>
    </Drawer>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="letter-part" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

function Why({ letter }: { readonly letter: LetterShape }) {
  const { code, message } = letter.error
  return (
    <section className="letter-part" aria-label="Error">
      <h3>
        <Badge tone="bad">{code}</Badge>
      </h3>
      <p className="letter-message">{withoutCode(code, message)}</p>
    </section>
  )
}

/** Lines of the author's code stand out. */
function Stack({ stack }: { readonly stack: string | undefined }) {
  if (stack === undefined) return null
  return (
    <details open>
      <summary>Stack</summary>
      <pre className="mono stack">
        {stackLines(stack).map(({ text, isTheirs }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text, which do not move.
          <span key={i} className={isTheirs ? 'theirs' : ''}>
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </details>
  )
}

function Facts({ letter, sequenceNumber }: LetterAnswer) {
  const {
    stage,
    id,
    partitionKey,
    attempts,
    firstTime,
    lastTime,
    stream,
    codeVersion,
    arrivalTime,
    redrives = 0,
  } = letter
  return (
    <dl className="letter-facts">
      <dt>Stage</dt>
      <dd>
        <Link href={stageHref(stage)}>{stage}</Link>
      </dd>
      <dt>Record</dt>
      <dd>
        {stream === undefined ? (
          (letter.place ?? id)
        ) : (
          <>
            <Link href={streamHref(stream, sequenceNumber)}>{shortId(id)}</Link>
            {sequenceNumber === null ? <span className="muted"> (its stream holds it no more)</span> : null}
          </>
        )}
      </dd>
      {partitionKey === undefined ? null : (
        <>
          <dt>Partition key</dt>
          <dd>{partitionKey}</dd>
        </>
      )}
      <dt>Attempts</dt>
      <dd>
        {attempts === undefined ? 'none' : countWords(attempts, 'attempt')}, first {timeText(firstTime)}, last{' '}
        {timeText(lastTime)}
      </dd>
      {arrivalTime === undefined ? null : (
        <>
          <dt>Arrived</dt>
          <dd>{timeText(new Date(arrivalTime).toISOString())}</dd>
        </>
      )}
      {codeVersion === undefined ? null : (
        <>
          <dt>Code version</dt>
          <dd className="mono">{codeVersion}</dd>
        </>
      )}
      {redrives === 0 ? null : (
        <>
          <dt>Redriven</dt>
          <dd>{redrives === 1 ? 'once' : `${redrives} times`}</dd>
        </>
      )}
    </dl>
  )
}

/** How it died before, and what its payload was. */
function Before({ letter: { failures = [], original } }: { readonly letter: LetterShape }) {
  return (
    <>
      {original === undefined ? null : (
        <Part title={`Payload before the edit of ${timeText(original.editedTime)}`}>
          <Payload text={decoded(original.data)} />
        </Part>
      )}
      {failures.length === 0 ? null : (
        <Part title="Earlier deaths">
          <ul className="failures">
            {failures.toReversed().map(({ code, message, lastTime, attempts, redrivenTime }) => (
              <li key={redrivenTime}>
                <span className="muted tabular">{timeText(lastTime)}</span>{' '}
                <span className="mono">{code}</span> {withoutCode(code, message)}{' '}
                <span className="muted">after {countWords(attempts, 'attempt')}</span>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </>
  )
}

function PayloadEditor({
  letter,
  text: before,
  onClose,
  onSaved,
}: {
  readonly letter: LetterShape
  readonly text: string
  readonly onClose: () => void
  readonly onSaved: (isRedriven: boolean) => void
}) {
  const isJson = jsonProblem(before) === undefined
  const [text, setText] = useState(() => (isJson ? prettyJson(before) : before))
  const [error, setError] = useState<ApiError>()
  const [isSaving, setSaving] = useState(false)
  const toast = useToast()
  const problem = isJson ? jsonProblem(text) : undefined
  const save = (isRedriven: boolean) => {
    if (problem !== undefined || isSaving) return
    const { stage, id, lastTime } = letter
    setSaving(true)
    postJson<EditAnswer>('/admin/dead-letters/edit', {
      stage,
      id,
      lastTime,
      text: isJson ? compactJson(text) : text,
    }).then(
      () => {
        toast('ok', `The payload of ${shortId(id)} is another one.`)
        onSaved(isRedriven)
      },
      (refused: unknown) => {
        setSaving(false)
        setError(asApiError(refused))
      },
    )
  }
  return (
    <Part title="Payload">
      <ErrorNote error={error} />
      <Editor
        label="Payload of the letter"
        language={isJson ? 'json' : 'text'}
        value={text}
        onChange={setText}
        onRun={() => save(false)}
        minLines={8}
      />
      {problem === undefined ? null : (
        <Note tone="warn">The payload is JSON and has to stay it: {problem}</Note>
      )}
      <div className="letter-row">
        <Button onClick={() => save(false)} disabled={problem !== undefined || isSaving}>
          Save
        </Button>
        <Button look="primary" onClick={() => save(true)} disabled={problem !== undefined || isSaving}>
          Save and redrive
        </Button>
        <Button look="plain" onClick={onClose}>
          Cancel
        </Button>
        <span className="muted">The payload that came stays in the letter; the key stays.</span>
      </div>
    </Part>
  )
}

/** base64 to text; what is no UTF-8 stays base64. */
function decoded(data: string): string {
  try {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return data
  }
}
