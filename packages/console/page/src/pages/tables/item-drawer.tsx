/** One item: its attributes with their types, as JSON, and what changes of it while one looks. */
import { useState } from 'react'
import type { CallPlace } from '../../../../src/protocol/table-query.ts'
import {
  attributeIn,
  attributeType,
  type ChangesEvent,
  changedAttributes,
  type FollowedFrom,
  type ItemAnswer,
  type ItemShape,
  plainItemText,
  type TableShape,
} from '../../../../src/protocol/tables.ts'
import { type ApiError, asApiError, postJson, withQuery } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { useEvents } from '../../api/use-events.ts'
import { Badge, Button, ErrorNote, Note, Tabs } from '../../kit/controls.tsx'
import { CopyMenu } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Drawer } from '../../kit/drawer.tsx'
import { Payload } from '../../kit/json-view.tsx'
import { Empty } from '../../kit/page.tsx'
import { Skeleton } from '../../kit/skeleton.tsx'
import { useToast } from '../../kit/toast.tsx'
import { ChangeList, type ListedChange, withChanges } from './change-list.tsx'
import { itemCalls } from './item-calls.ts'
import { cellText } from './item-columns.ts'
import { ItemEditor } from './item-editor.tsx'

export interface ItemDrawerProps {
  readonly table: TableShape
  readonly partition: string
  readonly sort: string | undefined
  readonly calls: CallPlace
  readonly onClose: () => void
  readonly onChanged: () => void
}

export function ItemDrawer({ table, partition, sort, calls, onClose, onChanged }: ItemDrawerProps) {
  const address = { table: table.name, partition, sort }
  const { data, error } = useApi<ItemAnswer>('/admin/tables/item', address)
  const [followed, setFollowed] = useState<{ readonly item: ItemShape | null }>()
  const [listed, setListed] = useState<readonly ListedChange[]>([])
  const [tab, setTab] = useState('attributes')
  const [isEdited, setEdited] = useState(false)
  const [isAsked, setAsked] = useState(false)
  const [refused, setRefused] = useState<ApiError>()
  const toast = useToast()
  const url = data === undefined ? undefined : withQuery('/admin/tables/changes', address)
  const state = useEvents(url, ['about', 'changes'], (name, event) => {
    // The API's promise, of both events.
    if (name === 'about') return setFollowed({ item: (event as FollowedFrom).item ?? null })
    const { changes } = event as ChangesEvent
    const last = changes.at(-1)
    if (last !== undefined) setFollowed({ item: last.after ?? null })
    setListed((known) => withChanges(known, changes))
  })
  const item = followed === undefined ? data?.item : followed.item
  const [last] = listed
  const remove = () => {
    postJson('/admin/tables/delete', { ...address, expected: item }).then(
      () => {
        setAsked(false)
        toast('ok', `Deleted from ${table.name}.`)
        onChanged()
      },
      (problem: unknown) => {
        setAsked(false)
        setRefused(asApiError(problem))
      },
    )
  }
  return (
    <Drawer
      title={sort === undefined ? partition : `${partition} / ${sort}`}
      onClose={onClose}
      actions={
        <>
          <Badge tone={state === 'open' ? 'ok' : 'plain'}>
            {state === 'open' ? 'following' : 'connecting'}
          </Badge>
          <CopyMenu items={itemCalls(table, { partition, sort }, item, calls)} />
        </>
      }
    >
      <div className="drawer-part">
        <ErrorNote error={error ?? refused} />
        {item === undefined && error === undefined ? <Skeleton lines={8} height={260} /> : null}
        {item === null ? (
          <Note tone="warn">
            {table.name} has no item of this key{last === undefined ? '' : ' any more'}. It is followed: if
            one is written, it shows up here.
          </Note>
        ) : null}
        {item === undefined ? null : (
          <>
            <Tabs
              label="Views of the item"
              tabs={[
                ['attributes', 'Attributes'],
                ['json', 'JSON'],
                ['typed', 'Typed JSON'],
                ['changes', listed.length === 0 ? 'Changes' : `Changes (${listed.length})`],
              ]}
              chosen={tab}
              onChoose={setTab}
            />
            {tab === 'changes' ? (
              listed.length === 0 ? (
                <Empty>Nothing of it has changed since you opened it.</Empty>
              ) : (
                <ChangeList table={table} changes={listed} label="Changes of the item" />
              )
            ) : item === null ? null : tab === 'json' ? (
              <Payload text={plainItemText(item)} />
            ) : tab === 'typed' ? (
              <Payload text={JSON.stringify(item)} />
            ) : (
              <Attributes item={item} last={last} />
            )}
            {item === null ? null : (
              <div className="drawer-row">
                <Button onClick={() => setEdited(true)}>Edit</Button>
                <Button look="danger" onClick={() => setAsked(true)}>
                  Delete
                </Button>
              </div>
            )}
          </>
        )}
      </div>
      {isEdited && item != null ? (
        <ItemEditor
          table={table}
          item={item}
          onClose={() => setEdited(false)}
          onSaved={() => {
            setEdited(false)
            onChanged()
          }}
        />
      ) : null}
      {isAsked ? (
        <Dialog
          title="Delete the item?"
          onClose={() => setAsked(false)}
          actions={
            <>
              <Button onClick={() => setAsked(false)}>Keep it</Button>
              <Button look="danger" onClick={remove}>
                Delete
              </Button>
            </>
          }
        >
          The item goes from {table.name} and its indexes, and its change stream tells. If it has changed
          since you saw it, it stays.
        </Dialog>
      ) : null}
    </Drawer>
  )
}

/** `last`: the newest change, of which the attributes are marked, with what they were. */
function Attributes({ item, last }: { readonly item: ItemShape; readonly last: ListedChange | undefined }) {
  const changed =
    last?.before === undefined ? new Set<string>() : new Set(changedAttributes(last.before, last.after))
  const names = new Set([...Object.keys(item), ...changed])
  return (
    <table className="attributes">
      <thead>
        <tr>
          <th className="name">Attribute</th>
          <th className="type">Type</th>
          <th>Value</th>
        </tr>
      </thead>
      <tbody>
        {[...names].map((name) => {
          const value = attributeIn(item, name)
          const was = changed.has(name) ? attributeIn(last?.before, name) : undefined
          return (
            <tr key={name} className={changed.has(name) ? 'changed' : ''}>
              <th scope="row" className="name">
                {name}
              </th>
              <td className="type">{value === undefined ? '' : attributeType(value)}</td>
              <td className="value mono">
                {was === undefined ? null : <del className="was">{cellText(was)}</del>}
                {value === undefined ? <span className="muted">removed</span> : cellText(value)}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
