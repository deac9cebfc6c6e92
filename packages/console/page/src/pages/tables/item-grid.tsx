/** Items as rows; what changed just now is marked. Columns keep their widths while a query is shown. */
import { type ReactNode, useRef } from 'react'
import { keysOf } from '../../../../src/protocol/table-query.ts'
import { attributeIn, type ItemShape, type TableShape } from '../../../../src/protocol/tables.ts'
import { Grid } from '../../kit/grid.tsx'
import { cellText, type ItemColumn, itemColumns, itemKey } from './item-columns.ts'

export interface ItemGridProps {
  readonly table: TableShape
  readonly index: string
  readonly rows: readonly ItemShape[]
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>
  readonly selected: string | undefined
  readonly onOpen: (item: ItemShape) => void
  readonly empty: ReactNode
}

export function ItemGrid({ table, index, rows, changed, selected, onOpen, empty }: ItemGridProps) {
  const columns = useColumns(table, index, rows)
  return (
    <Grid
      label={`Items of ${table.name}`}
      columns={columns}
      rows={rows}
      rowKey={(item) => itemKey(item, table).text}
      selected={selected}
      onOpen={onOpen}
      height="fill"
      empty={empty}
      cell={(item, column) => {
        const text = cellText(attributeIn(item, column))
        const isChanged = changed.get(itemKey(item, table).text)?.has(column) === true
        return <span className={isChanged ? 'tabular cell-changed' : 'tabular'}>{text}</span>
      }}
    />
  )
}

/** Made anew only where other attributes are to be shown, or the first items come. */
function useColumns(table: TableShape, index: string, rows: readonly ItemShape[]): readonly ItemColumn[] {
  const kept = useRef<{ readonly names: string; readonly columns: readonly ItemColumn[] }>(undefined)
  const fresh = itemColumns(rows, table, keysOf(table, index))
  const names = JSON.stringify([rows.length === 0, fresh.map(({ name }) => name).sort()])
  if (kept.current?.names !== names) kept.current = { names, columns: fresh }
  return kept.current.columns
}
