/** Changes of items, the newest first: which attributes, from what to what. */
import {
  attributeIn,
  type ChangeShape,
  changedAttributes,
  type ItemShape,
  type TableShape,
} from '../../../../src/protocol/tables.ts'
import { Badge, Button, type Tone } from '../../kit/controls.tsx'
import { cellText, itemKey } from './item-columns.ts'

export interface ListedChange extends ChangeShape {
  /** Of the order in which they came. */
  readonly number: number
}

const listedMax = 200

/** The newest first, and no more than a page can show. */
export function withChanges(
  known: readonly ListedChange[],
  changes: readonly ChangeShape[],
): readonly ListedChange[] {
  let number = known[0]?.number ?? 0
  const added = changes.map((change) => ({ ...change, number: ++number }))
  return [...added.reverse(), ...known].slice(0, listedMax)
}

const words: Readonly<Record<ChangeShape['kind'], readonly [string, Tone]>> = {
  INSERT: ['inserted', 'ok'],
  MODIFY: ['changed', 'plain'],
  REMOVE: ['removed', 'warn'],
}

export function ChangeList({
  table,
  changes,
  label,
  onOpen,
}: {
  readonly table: TableShape
  readonly changes: readonly ListedChange[]
  readonly label: string
  /** Shows keys as buttons. */
  readonly onOpen?: (key: ItemShape) => void
}) {
  return (
    <ol className="change-list" aria-label={label} reversed>
      {changes.map((change) => (
        <Change key={change.number} table={table} change={change} onOpen={onOpen} />
      ))}
    </ol>
  )
}

function Change({
  table,
  change,
  onOpen,
}: {
  readonly table: TableShape
  readonly change: ListedChange
  readonly onOpen: ((key: ItemShape) => void) | undefined
}) {
  const { kind, time, before, after, key, isExpiry } = change
  const [word, tone] = words[kind]
  const { partition, sort } = itemKey(key, table)
  const isKnown = before !== undefined || after !== undefined
  // Of one side alone every attribute would count as changed.
  const names =
    kind === 'MODIFY' && (before === undefined || after === undefined)
      ? Object.keys(after ?? before ?? {})
      : changedAttributes(before, after)
  return (
    <li>
      <div className="head">
        <Badge tone={tone}>{isExpiry === true ? 'expired' : word}</Badge>
        {onOpen === undefined ? null : (
          <Button look="plain" onClick={() => onOpen(key)}>
            {sort === undefined ? partition : `${partition} / ${sort}`}
          </Button>
        )}
        <time className="muted tabular" dateTime={new Date(time).toISOString()}>
          {new Date(time).toLocaleTimeString('en-GB', { hour12: false })}.
          {String(Math.floor(time) % 1_000).padStart(3, '0')}
        </time>
      </div>
      {isKnown ? (
        <dl className="mono">
          {names.map((name) => {
            const old = attributeIn(before, name)
            const now = attributeIn(after, name)
            return (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name}</dt>
                <dd>
                  {old === undefined ? null : <del>{cellText(old)}</del>}
                  {old === undefined || now === undefined ? null : ' → '}
                  {now === undefined ? null : <ins>{cellText(now)}</ins>}
                </dd>
              </div>
            )
          })}
        </dl>
      ) : (
        <p className="muted">The table's change stream holds keys only.</p>
      )}
    </li>
  )
}
