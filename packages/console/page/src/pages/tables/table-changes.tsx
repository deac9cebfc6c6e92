/** All changes of a table as they happen, from its change stream. */
import { useState } from 'react'
import type { ChangesEvent, ItemShape, TableShape } from '../../../../src/protocol/tables.ts'
import { withQuery } from '../../api/client.ts'
import { useEvents } from '../../api/use-events.ts'
import { Badge } from '../../kit/controls.tsx'
import { Empty, Panel } from '../../kit/page.tsx'
import { ChangeList, type ListedChange, withChanges } from './change-list.tsx'

export function TableChanges({
  table,
  isPaused,
  onOpen,
}: {
  readonly table: TableShape
  /** An item is followed instead: a page has one event stream. */
  readonly isPaused: boolean
  readonly onOpen: (key: ItemShape) => void
}) {
  const { name, changes: stream } = table
  const [listed, setListed] = useState<readonly ListedChange[]>([])
  const [skipped, setSkipped] = useState(0)
  const url = stream === null || isPaused ? undefined : withQuery('/admin/tables/changes', { table: name })
  const state = useEvents(url, ['changes'], (_name, data) => {
    // The API's promise.
    const { changes, skipped: more } = data as ChangesEvent
    setListed((known) => withChanges(known, changes))
    setSkipped((known) => known + more)
  })
  if (stream === null) {
    return (
      <Panel>
        <Empty
          next={
            <>
              In an app:{' '}
              <code>
                app.table('{name}', {'{'} ..., changes: 'NEW_AND_OLD_IMAGES' {'}'})
              </code>
              . Else:{' '}
              <code>
                aws dynamodb update-table --table-name {name} --stream-specification
                StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES
              </code>
            </>
          }
        >
          {name} has no change stream. Its items still show what changes: open one to follow it.
        </Empty>
      </Panel>
    )
  }
  return (
    <Panel
      title="Changes from now on"
      actions={
        <>
          {skipped === 0 ? null : (
            <Badge tone="warn">{skipped.toLocaleString('en')} passed over: too many to show</Badge>
          )}
          <Badge tone={state === 'open' ? 'ok' : 'plain'}>
            {isPaused ? 'paused while an item is followed' : state === 'open' ? 'following' : 'connecting'}
          </Badge>
        </>
      }
    >
      {listed.length === 0 ? (
        <Empty>Nothing has changed since you came.</Empty>
      ) : (
        <ChangeList table={table} changes={listed} label={`Changes of ${name}`} onOpen={onOpen} />
      )}
    </Panel>
  )
}
