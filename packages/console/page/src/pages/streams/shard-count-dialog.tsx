/** Changes the shard count, after it was said what that does: the same plan and the same refusals as UpdateShardCount has. */
import { useState } from 'react'
import type { ShardCountAnswer, ShardCountChanged, StreamAnswer } from '../../../../src/protocol/streams.ts'
import { postJson } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { useWork } from '../../api/use-work.ts'
import { Button, ErrorNote, Note, TextField } from '../../kit/controls.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { useToast } from '../../kit/toast.tsx'
import { shareText } from './shard-map.tsx'

const stepsShown = 8

export function ShardCountDialog({
  stream,
  onClose,
  onChanged,
}: {
  readonly stream: StreamAnswer
  readonly onClose: () => void
  readonly onChanged: () => void
}) {
  const { name, openShards } = stream
  const [text, setText] = useState(String(Math.min(openShards * 2, 10_000)))
  const { error, isBusy, run } = useWork()
  const toast = useToast()
  const shards = /^\d{1,5}$/.test(text) ? Number(text) : undefined
  const plan = useApi<ShardCountAnswer>(
    shards === undefined || shards < 1 ? undefined : '/admin/streams/shard-count',
    {
      stream: name,
      shards,
    },
  )
  const { data } = plan
  const isReady =
    data !== undefined && data.refused === undefined && data.steps.length > 0 && data.target === shards
  const apply = () =>
    run(async () => {
      const { current, target } = await postJson<ShardCountChanged>('/admin/streams/shard-count', {
        stream: name,
        shards,
      })
      toast('ok', `${name}: ${current} shards became ${target}.`)
      onChanged()
      onClose()
    })
  const presets = [...new Set([Math.ceil(openShards / 2), openShards + 1, openShards * 2])].filter(
    (each) => each !== openShards,
  )
  return (
    <Dialog
      title={`Shard count of ${name}`}
      onClose={onClose}
      wide
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" onClick={apply} disabled={!isReady || isBusy}>
            {isReady ? `Change to ${data.target} shard${data.target === 1 ? '' : 's'}` : 'Change'}
          </Button>
        </>
      }
    >
      {stream.fixedShards === undefined ? null : <Note tone="warn">{stream.fixedShards}</Note>}
      <div className="streams-count-row">
        <TextField
          label={`Open shards (now ${openShards})`}
          value={text}
          inputMode="numeric"
          autoComplete="off"
          autoFocus
          onChange={({ target }) => setText(target.value.trim())}
        />
        {presets.map((each) => (
          <Button key={each} aria-pressed={text === String(each)} onClick={() => setText(String(each))}>
            {each}
          </Button>
        ))}
      </div>
      <ErrorNote error={error ?? plan.error ?? data?.refused} />
      {shards === undefined || shards < 1 ? <Note>Give a whole number of shards.</Note> : null}
      <div className="streams-plan">
        {data === undefined || data.refused !== undefined ? null : <Plan plan={data} />}
      </div>
    </Dialog>
  )
}

function Plan({ plan }: { readonly plan: ShardCountAnswer }) {
  return (
    <>
      <p>{plan.about}</p>
      {plan.steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps of a plan are told apart by their order.
        <div key={i}>
          <h3>
            Step {i + 1}: closes {namesOf(step.closes)}, opens {step.opens.length}
          </h3>
          <div className="shard-blocks plan">
            {step.opens.map((shard) => (
              <div
                key={shard.shard}
                className="shard-block open"
                style={{ left: `${shard.from * 100}%`, width: `${shard.width * 100}%` }}
                title={`Shard ${shard.shard}, of ${shard.parents.join(' + ')}, ${shareText(shard.width)} of the hash space`}
              >
                {shard.width > 0.03 ? <b>{shard.shard}</b> : null}
              </div>
            ))}
          </div>
        </div>
      ))}
    </>
  )
}

function namesOf(shards: readonly number[]): string {
  const shown = shards.slice(0, stepsShown).join(', ')
  return shards.length > stepsShown ? `${shown} and ${shards.length - stepsShown} more` : shown
}
