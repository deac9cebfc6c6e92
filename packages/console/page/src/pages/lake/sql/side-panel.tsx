/** Beside the editor: tables with their columns, saved queries, and what was asked before. A click puts it into the editor. */
import { useState } from 'react'
import type {
  CatalogAnswer,
  HistoryAnswer,
  SavedAnswer,
  TableAnswer,
} from '../../../../../src/protocol/lake.ts'
import { postJson } from '../../../api/client.ts'
import { type ApiState, useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, Tabs } from '../../../kit/controls.tsx'
import { Empty, Panel } from '../../../kit/page.tsx'
import { hrefOf, Link } from '../../../kit/router.ts'
import { useToast } from '../../../kit/toast.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText, sqlName, tableName } from '../lake-text.ts'

export interface SidePanelProps {
  readonly catalog: ApiState<CatalogAnswer>
  readonly history: ApiState<HistoryAnswer>
  readonly saved: ApiState<SavedAnswer>
  /** Puts a name where the cursor is. */
  readonly onInsert: (text: string) => void
  /** Puts a whole statement in place of what is there. */
  readonly onOpen: (sql: string, database?: string) => void
  /** Columns that were looked at, for completion. */
  readonly onColumns: (
    database: string,
    name: string,
    columns: readonly { name: string; type: string }[],
  ) => void
}

export function SidePanel(props: SidePanelProps) {
  const [tab, setTab] = useState('tables')
  return (
    <aside className="side" aria-label="Tables and queries">
      <Panel flush>
        <Tabs
          label="Tables and queries"
          tabs={[
            ['tables', 'Tables'],
            ['saved', 'Saved'],
            ['history', 'History'],
          ]}
          chosen={tab}
          onChoose={setTab}
        />
        <div className="side-list">
          {tab === 'tables' ? <Tables {...props} /> : null}
          {tab === 'saved' ? <Saved {...props} /> : null}
          {tab === 'history' ? <History {...props} /> : null}
        </div>
      </Panel>
    </aside>
  )
}

function Tables({ catalog, ...rest }: SidePanelProps) {
  const databases = catalog.data?.databases ?? []
  const names = databases.flatMap((database) =>
    [...database.tables, ...database.views].map(({ name }) => ({ database: database.name, name })),
  )
  return (
    <>
      <ErrorNote error={catalog.error} />
      {catalog.data !== undefined && names.length === 0 ? (
        <Empty next={<Link href={hrefOf(['lake'])}>How to make one</Link>}>No tables yet.</Empty>
      ) : null}
      <ul className="tree">
        {names.map((table) => (
          <TableItem key={tableName(table.database, table.name)} {...table} {...rest} />
        ))}
      </ul>
    </>
  )
}

function TableItem({
  database,
  name,
  onInsert,
  onColumns,
}: { readonly database: string; readonly name: string } & Pick<SidePanelProps, 'onInsert' | 'onColumns'>) {
  const [isOpen, setOpen] = useState(false)
  const shown = tableName(database, name)
  return (
    <li>
      <div className="tree-line">
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          aria-label={`Columns of ${shown}`}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? '▾' : '▸'}
        </button>
        <button
          type="button"
          className="name"
          title="Put the name into the statement"
          onClick={() => onInsert(sqlName(database, name))}
        >
          {shown}
        </button>
        <Link aria-label={`About ${shown}`} href={hrefOf(['lake', 'tables', database, name])}>
          about
        </Link>
      </div>
      {isOpen ? <ColumnItems {...{ database, name, onInsert, onColumns }} /> : null}
    </li>
  )
}

/** Of a view, which has no columns of its own, a query tells them. */
function ColumnItems({
  database,
  name,
  onInsert,
  onColumns,
}: { readonly database: string; readonly name: string } & Pick<SidePanelProps, 'onInsert' | 'onColumns'>) {
  const { data, error } = useApi<TableAnswer>('/admin/catalog/table', { database, name })
  const columns = data?.columns
  const [told, setTold] = useState(false)
  if (columns !== undefined && !told) {
    setTold(true)
    onColumns(database, name, columns)
  }
  if (error !== undefined) return <ErrorNote error={error} />
  if (data === undefined) return <p className="muted tree-about">Reading columns...</p>
  if (columns === undefined || columns.length === 0)
    return (
      <p className="muted tree-about">
        {data.view === undefined ? 'As its files show.' : 'A view: those of its SELECT.'}
      </p>
    )
  return (
    <ul className="columns">
      {columns.map((column) => (
        <li key={column.name}>
          <button
            type="button"
            className="name mono"
            title="Put the name into the statement"
            onClick={() => onInsert(column.name)}
          >
            {column.name}
          </button>
          <span className="type">{column.type}</span>
        </li>
      ))}
    </ul>
  )
}

function Saved({ saved, onOpen }: SidePanelProps) {
  const toast = useToast()
  const queries = saved.data?.queries ?? []
  const remove = async (name: string) => {
    try {
      await postJson('/admin/query/saved/remove', { name })
      toast('ok', `Removed: ${name}.`)
    } catch (error) {
      toast('bad', error instanceof Error ? error.message : String(error))
    }
    saved.reload()
  }
  return (
    <>
      <ErrorNote error={saved.error} />
      {saved.data !== undefined && queries.length === 0 ? (
        <Empty>None yet. "Save query" keeps a statement under a name; so does millrace query --save.</Empty>
      ) : null}
      <ul className="statements">
        {queries.map(({ name, sql }) => (
          <li key={name}>
            <button type="button" className="open" onClick={() => onOpen(sql)}>
              <strong>{name}</strong>
              <span className="mono">{oneLine(sql)}</span>
            </button>
            <Button
              look="plain"
              className="icon"
              aria-label={`Remove ${name}`}
              title="Remove"
              onClick={() => remove(name)}
            >
              ✕
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}

function History({ history, onOpen }: SidePanelProps) {
  const now = useNow(10_000)
  const queries = history.data?.queries ?? []
  return (
    <>
      <ErrorNote error={history.error} />
      {history.data !== undefined && queries.length === 0 ? <Empty>Nothing was asked yet.</Empty> : null}
      <ul className="statements">
        {queries.map(({ at, sql, database, ms, rows, error }) => (
          <li key={`${at} ${sql}`}>
            <button type="button" className="open" onClick={() => onOpen(sql, database)}>
              <span className={error === undefined ? 'muted' : 'bad'}>
                {agoText(at, now)}, {error === undefined ? `${rows} rows in ${ms} ms` : 'failed'}
              </span>
              <span className="mono">{oneLine(sql)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

function oneLine(sql: string): string {
  return sql.trim().replace(/\s+/g, ' ').slice(0, 200)
}
