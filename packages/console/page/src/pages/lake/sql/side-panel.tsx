/** Beside the editor: tables with their columns, saved queries, and what was asked before. A click puts it into the editor. */
import { useEffect, useState } from 'react'
import type { CatalogAnswer, HistoryAnswer, SavedAnswer } from '../../../../../src/protocol/lake.ts'
import { postJson } from '../../../api/client.ts'
import type { ApiState } from '../../../api/use-api.ts'
import { Button, ErrorNote, Tabs } from '../../../kit/controls.tsx'
import { Empty, Panel } from '../../../kit/page.tsx'
import { hrefOf, Link } from '../../../kit/router.ts'
import { useToast } from '../../../kit/toast.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText, sqlName, tableName } from '../lake-text.ts'
import type { KnownTable } from './complete.ts'
import type { ColumnCache, KnownColumn } from './table-columns.ts'

export interface SidePanelProps {
  readonly catalog: ApiState<CatalogAnswer>
  readonly tables: readonly KnownTable[]
  readonly columns: ColumnCache
  readonly history: ApiState<HistoryAnswer>
  readonly saved: ApiState<SavedAnswer>
  /** Puts a name where the cursor is. */
  readonly onInsert: (text: string) => void
  /** Puts a whole statement in place of what is there. */
  readonly onOpen: (sql: string, database?: string) => void
}

export function SidePanel(props: SidePanelProps) {
  const [tab, setTab] = useState('tables')
  return (
    <aside className="lake-side" aria-label="Tables and queries">
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

function Tables({ catalog, tables, ...rest }: SidePanelProps) {
  return (
    <>
      <ErrorNote error={catalog.error} />
      {catalog.data !== undefined && tables.length === 0 ? (
        <Empty next={<Link href={hrefOf(['lake'])}>How to make one</Link>}>No tables yet.</Empty>
      ) : null}
      <ul className="lake-tree">
        {tables.map((table) => (
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
  columns,
}: KnownTable & Pick<SidePanelProps, 'onInsert' | 'columns'>) {
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
        <Link
          aria-label={`About ${shown}`}
          href={database === 'app' ? hrefOf(['tables', name]) : hrefOf(['lake', 'tables', database, name])}
        >
          about
        </Link>
      </div>
      {isOpen ? <ColumnItems {...{ database, name, onInsert, columns }} /> : null}
    </li>
  )
}

function ColumnItems({
  database,
  name,
  onInsert,
  columns,
}: KnownTable & Pick<SidePanelProps, 'onInsert' | 'columns'>) {
  const [found, setFound] = useState<readonly KnownColumn[] | string | undefined>()
  useEffect(() => {
    let isGone = false
    columns.of(database, name).then(
      (all) => isGone || setFound(all),
      (error: unknown) => isGone || setFound(error instanceof Error ? error.message : String(error)),
    )
    return () => {
      isGone = true
    }
  }, [columns, database, name])
  if (found === undefined) return <p className="muted tree-about">Reading columns...</p>
  if (typeof found === 'string') return <p className="tree-about lake-bad">{found}</p>
  return (
    <ul className="columns">
      {found.map((column) => (
        <li key={column.name}>
          <button
            type="button"
            className="name mono"
            title="Put the name into the statement"
            onClick={() => onInsert(column.name)}
          >
            {column.name}
          </button>
          <span className="lake-type">{column.type.toLowerCase()}</span>
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
      <ul className="lake-statements">
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
      <ul className="lake-statements">
        {queries.map(({ at, sql, database, ms, rows, error }) => (
          <li key={`${at} ${sql}`}>
            <button type="button" className="open" onClick={() => onOpen(sql, database)}>
              <span className={error === undefined ? 'muted' : 'lake-bad'}>
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
