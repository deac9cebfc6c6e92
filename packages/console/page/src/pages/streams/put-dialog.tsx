/** Puts a record, as a client's PutRecord would: through the same limits and checks. */
import { type KeyboardEvent, useState } from 'react'
import type { PutAnswer, RecordsAnswer, StreamAnswer } from '../../../../src/protocol/streams.ts'
import { ApiError, getJson, postJson } from '../../api/client.ts'
import { useWork } from '../../api/use-work.ts'
import { Button, ErrorNote, Note, TextField } from '../../kit/controls.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { bytesText } from '../../kit/numbers.ts'
import { useToast } from '../../kit/toast.tsx'

const encoder = new TextEncoder()

export function PutDialog({
  name,
  stream,
  onClose,
  onPut,
}: {
  readonly name: string
  readonly stream: StreamAnswer | undefined
  readonly onClose: () => void
  readonly onPut: () => void
}) {
  const [key, setKey] = useState('')
  const [hashKey, setHashKey] = useState('')
  const [text, setText] = useState('')
  const { error, isBusy, run } = useWork()
  const toast = useToast()

  const put = () =>
    run(async () => {
      const body = {
        stream: name,
        partitionKey: key,
        text,
        ...(hashKey === '' ? {} : { explicitHashKey: hashKey }),
      }
      const { shardId, sequenceNumber } = await postJson<PutAnswer>('/admin/streams/put', body)
      toast('ok', `Put into ${shardId}: sequence number ${sequenceNumber}.`)
      onPut()
      onClose()
    })
  const copyNewest = () =>
    run(async () => {
      const { records } = await getJson<RecordsAnswer>('/admin/streams/records', {
        stream: name,
        at: 'latest - 1',
      })
      const newest = records.at(-1)
      const payload = newest?.payload
      if (newest === undefined || payload === undefined)
        throw new ApiError('RECORD_GONE', 'The stream holds no record yet.', 404)
      if (payload.kind === 'aggregate' || payload.kind === 'base64' || payload.isCut === true)
        throw new ApiError('PAYLOAD_MISSING', 'The newest record is no text that fits here.', 0)
      setKey(newest.partitionKey)
      setText(payload.kind === 'json' ? indented(payload.text) : payload.text)
    })
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && key !== '' && !isBusy) {
      event.preventDefault()
      void put()
    }
  }
  const refused = stream?.filledBy
  return (
    <Dialog
      title={`Put a record into ${name}`}
      onClose={onClose}
      wide
      actions={
        <>
          <Button onClick={copyNewest} disabled={isBusy}>
            Fill in the newest record
          </Button>
          <Button look="primary" onClick={put} disabled={isBusy || key === ''}>
            Put record
          </Button>
        </>
      }
    >
      {refused === undefined ? null : (
        <Note tone="warn">
          This stream takes {refused.kind === 'table' ? 'the changes of table' : 'the news of bucket'}{' '}
          {refused.name} alone: a put will be refused.
        </Note>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a short cut for the fields inside, whose button does the same. */}
      <div className="streams-put" onKeyDown={onKeyDown}>
        <div className="streams-put-keys">
          <TextField
            label="Partition key"
            value={key}
            required
            maxLength={256}
            autoComplete="off"
            spellCheck={false}
            autoFocus
            onChange={({ target }) => setKey(target.value)}
          />
          <TextField
            label="Explicit hash key (optional)"
            value={hashKey}
            placeholder="decides the shard instead of the key"
            autoComplete="off"
            spellCheck={false}
            inputMode="numeric"
            onChange={({ target }) => setHashKey(target.value.trim())}
          />
        </div>
        <label className="field">
          <span className="label">Payload</span>
          <textarea
            className="input"
            rows={14}
            value={text}
            spellCheck={false}
            placeholder='{"hello": "world"}'
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        <p className="muted" role="status">
          {aboutPayload(text)}. Ctrl Enter puts it.
        </p>
      </div>
      <ErrorNote error={error} />
    </Dialog>
  )
}

function aboutPayload(text: string): string {
  const size = bytesText(encoder.encode(text).length)
  if (text.trim() === '') return `Empty, ${size}`
  try {
    JSON.parse(text)
    return `JSON, ${size}`
  } catch (error) {
    const looksLikeJson = /^\s*[[{]/.test(text)
    return looksLikeJson && error instanceof Error
      ? `Text, no JSON (${error.message}), ${size}`
      : `Text, ${size}`
  }
}

/** Only where it means the same: numbers that a parser of the page would round stay as they are. */
function indented(text: string): string {
  const value: unknown = JSON.parse(text)
  return JSON.stringify(value) === text ? JSON.stringify(value, undefined, 2) : text
}
