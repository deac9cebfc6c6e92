/** What cells can name: streams, tables and the lake, with their columns. A click writes into the cell that was used last. */
import { useMemo, useState } from 'react'
import type {
  CellDialect,
  ColumnShape,
  DiscoverAnswer,
  SchemaAnswer,
  SchemaEntry,
} from '../../../../../src/protocol/notebook.ts'
import { type ApiError, asApiError, postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Badge, Button, ErrorNote } from '../../../kit/controls.tsx'
import { FilterField } from '../../../kit/filter-field.tsx'

export interface SchemaActions {
  /** A name, at the cursor; quoted where its dialect needs it. */
  readonly insertName: (...parts: readonly string[]) => void
  /** A whole statement, as a cell of its own unless the cell is empty. */
  readonly insertStatement: (dialect: CellDialect, text: string) => void
}

/** The pipeline's own tables come last: they are there to be asked, but seldom meant. */
const parts: readonly {
  readonly title: string
  readonly isOf: (entry: SchemaEntry) => boolean
  readonly isFolded?: boolean
}[] = [
  { title: 'Streams', isOf: ({ kind }) => kind === 'stream' },
  { title: 'Tables', isOf: ({ kind, name }) => kind === 'table' && !isSystem(name) },
  { title: 'Lake', isOf: ({ kind }) => kind === 'lake' },
  { title: 'System tables', isOf: ({ kind, name }) => kind === 'table' && isSystem(name), isFolded: true },
]

function isSystem(name: string): boolean {
  return name.startsWith('system.')
}

export function SchemaBrowser({ insertName, insertStatement }: SchemaActions) {
  const { data, error, loading, reload } = useApi<SchemaAnswer>('/admin/notebook/schema')
  const [filter, setFilter] = useState('')
  const found = useMemo(() => matching(data?.entries ?? [], filter), [data, filter])
  return (
    <aside className="schema panel" aria-label="Schema">
      <header className="panel-head">
        <h2>Schema</h2>
        <div className="actions">
          <Button look="plain" onClick={reload} disabled={loading} title="Ask again">
            Refresh
          </Button>
        </div>
      </header>
      <div className="schema-filter">
        <FilterField label="Filter names and columns" value={filter} onChange={setFilter} width={210} />
      </div>
      <ErrorNote error={error} />
      <div className="schema-list">
        {parts.map(({ title, isOf, isFolded }) => {
          const entries = found.filter(isOf)
          if (entries.length === 0) return null
          const list = entries.map((entry) => (
            <Entry
              key={entry.name}
              entry={entry}
              isOpen={filter !== ''}
              insertName={insertName}
              insertStatement={insertStatement}
            />
          ))
          return isFolded === true ? (
            <details key={title} className="schema-part" open={filter !== '' || undefined}>
              <summary>{title}</summary>
              {list}
            </details>
          ) : (
            <section key={title} aria-label={title}>
              <h3>{title}</h3>
              {list}
            </section>
          )
        })}
        {data === undefined || found.length > 0 ? null : (
          <p className="muted">
            {filter === ''
              ? 'There are no streams, tables or datasets yet. They appear here when the app makes them.'
              : `Nothing is named like "${filter}".`}
          </p>
        )}
      </div>
    </aside>
  )
}

function Entry({
  entry,
  isOpen,
  insertName,
  insertStatement,
}: SchemaActions & { readonly entry: SchemaEntry; readonly isOpen: boolean }) {
  const [discovered, setDiscovered] = useState<DiscoverAnswer | undefined>()
  const [state, setState] = useState<{ readonly isAsked: boolean; readonly error?: ApiError }>({
    isAsked: false,
  })
  const columns = discovered?.columns ?? entry.columns
  // Of the lake a database and a table; names of streams and tables may have dots.
  const names = entry.kind === 'lake' ? entry.name.split('.') : [entry.name]
  const ddl = discovered?.ddl ?? entry.ddl
  const discover = async () => {
    setState({ isAsked: true })
    try {
      setDiscovered(await postJson<DiscoverAnswer>('/admin/notebook/discover', { stream: entry.name }))
      setState({ isAsked: false })
    } catch (failure) {
      setState({ isAsked: false, error: asApiError(failure) })
    }
  }
  return (
    <details className="schema-entry" open={isOpen || undefined}>
      <summary>
        <span className="mono">{entry.name}</span>
        {columns.length > 0 ? null : <Badge>unknown</Badge>}
      </summary>
      <div className="schema-actions">
        <Button onClick={() => insertStatement(entry.dialect, entry.select)}>SELECT</Button>
        {ddl === undefined ? null : (
          <Button onClick={() => insertStatement(entry.dialect, ddl)}>Declaration</Button>
        )}
        <Button onClick={() => insertName(...names)}>Name</Button>
        {entry.kind === 'stream' && entry.origin !== 'declared' ? (
          <Button onClick={discover} disabled={state.isAsked}>
            {state.isAsked ? 'Reading…' : 'Discover'}
          </Button>
        ) : null}
      </div>
      <ErrorNote error={state.error} />
      {discovered === undefined ? null : (
        <p className="muted">From {discovered.records.toLocaleString('en')} of its newest records.</p>
      )}
      {columns.length === 0 ? (
        <p className="muted">Its columns are not known: no records yet. Put some, then discover them.</p>
      ) : (
        <ul title={entry.origin === 'discovered' ? 'Read from samples of its records' : undefined}>
          {columns.map((column) => (
            <Column key={column.name} column={column} insertName={insertName} />
          ))}
        </ul>
      )}
    </details>
  )
}

function Column({
  column: { name, type },
  insertName,
}: Pick<SchemaActions, 'insertName'> & { readonly column: ColumnShape }) {
  return (
    <li>
      <button type="button" title={`Insert ${name}`} onClick={() => insertName(name)}>
        <span className="mono">{name}</span>
        <span className="type" title={type}>
          {type}
        </span>
      </button>
    </li>
  )
}

/** By its own name, or by a column, of which then those that match are left. */
function matching(entries: readonly SchemaEntry[], filter: string): readonly SchemaEntry[] {
  const wanted = filter.trim().toLowerCase()
  if (wanted === '') return entries
  return entries.flatMap((entry) => {
    if (entry.name.toLowerCase().includes(wanted)) return [entry]
    const columns = entry.columns.filter(({ name }) => name.toLowerCase().includes(wanted))
    return columns.length === 0 ? [] : [{ ...entry, columns }]
  })
}
