/** SQL over the lake: a statement, its result as rows or as a chart, and the ways to keep both. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { suggestView } from '../../../../../src/protocol/chart-series.ts'
import type {
  CatalogAnswer,
  HistoryAnswer,
  QueryAnswer,
  SavedAnswer,
} from '../../../../../src/protocol/lake.ts'
import type { ResultView } from '../../../../../src/protocol/notebook.ts'
import { markOfError } from '../../../../../src/protocol/query-mark.ts'
import type { TablesAnswer } from '../../../../../src/protocol/tables.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, Note, SelectField, Tabs } from '../../../kit/controls.tsx'
import { CopyButton } from '../../../kit/copy.tsx'
import { Editor, type EditorHandle } from '../../../kit/editor.tsx'
import { Menu } from '../../../kit/menu.tsx'
import { countText, durationText } from '../../../kit/numbers.ts'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf } from '../../../kit/router.ts'
import { useShortcut } from '../../../shell/shortcuts.ts'
import { ChartFields } from './chart-fields.tsx'
import { complete, type KnownTable } from './complete.ts'
import { csvText, jsonText, saveFile } from './download.ts'
import { ResultChart } from './result-chart.tsx'
import { ResultGrid } from './result-grid.tsx'
import { SaveChartDialog, SaveQueryDialog } from './save-dialogs.tsx'
import { SidePanel } from './side-panel.tsx'
import { ColumnCache } from './table-columns.ts'
import { type RunningQuery, useQuery } from './use-query.ts'

const limits = [
  ['1000', '1,000 rows'],
  ['10000', '10,000 rows'],
  ['100000', '100,000 rows'],
] as const
/** What the result takes at least; in a high window it takes what is left of it. */
const resultHeightMin = 380
const aboveResult = 400
/** Longer statements are left out of the address. */
const addressLength = 4_000

export function Workbench({ query }: { readonly query: URLSearchParams }) {
  const given = query.get('sql') ?? ''
  const [sql, setSql] = useState(given)
  const [database, setDatabase] = useState(query.get('database') ?? 'default')
  const [limit, setLimit] = useState('1000')
  const [dialog, setDialog] = useState<'query' | 'chart' | undefined>()
  const [chosenView, setView] = useState<{ readonly shape: string; readonly view: ResultView } | undefined>()
  const [columns] = useState(() => new ColumnCache())
  const editor = useRef<EditorHandle>(null)
  const catalog = useApi<CatalogAnswer>('/admin/catalog')
  const keyed = useApi<TablesAnswer>('/admin/tables')
  const history = useApi<HistoryAnswer>('/admin/query/history', { limit: 100 })
  const saved = useApi<SavedAnswer>('/admin/query/saved')
  const reloadHistory = history.reload
  const asked = useQuery(reloadHistory)
  const { answer, error, isRunning, run: start, cancel } = asked

  const run = useCallback(() => {
    if (sql.trim() === '') return
    start({ sql, database, limit: Number(limit) })
    go(hrefOf(['lake', 'sql'], { sql: sql.length > addressLength ? undefined : sql, database }), {
      replace: true,
    })
  }, [sql, database, limit, start])
  useShortcut('Mod-enter', 'Run the statement', run)
  // A link brings its statement, or the name of a saved one, and runs it, as somebody who follows it expects.
  const savedName = query.get('saved')
  const toRun = useRef(given !== '' || savedName !== null)
  useEffect(() => {
    if (!toRun.current) return
    const named = savedName === null ? given : saved.data?.queries.find(({ name }) => name === savedName)?.sql
    if (named === undefined) return
    toRun.current = false
    setSql(named)
    start({ sql: named, database, limit: Number(limit) })
  }, [given, savedName, saved.data, start, database, limit])

  const marks = useMemo(() => {
    const mark = error === undefined || asked.sql !== sql ? undefined : markOfError(sql, error)
    return mark === undefined ? [] : [mark]
  }, [error, asked.sql, sql])
  const tables = useMemo(() => tablesOf(catalog.data, keyed.data), [catalog.data, keyed.data])
  const databases = catalog.data?.databases.map(({ name }) => [name, name] as const) ?? [
    ['default', 'default'] as const,
  ]

  // How a result is drawn is remembered for as long as its columns stay the same.
  const shape = JSON.stringify(answer?.columns ?? [])
  const view =
    chosenView !== undefined && chosenView.shape === shape
      ? chosenView.view
      : suggestView(answer?.columns ?? [])
  const open = (text: string, of?: string) => {
    setSql(text)
    if (of !== undefined) setDatabase(of)
    editor.current?.focus()
  }

  return (
    <div className="lake-workbench">
      <div className="lake-work">
        <Panel flush>
          <Editor
            ref={editor}
            label="Statement"
            language="sql"
            value={sql}
            onChange={setSql}
            onRun={run}
            marks={marks}
            minLines={6}
            hint="SELECT ... FROM a table at the right"
            complete={(text, position) =>
              complete(tables, ({ database: of, name }) => columns.of(of, name), text, position)
            }
          />
          <div className="lake-toolbar foot">
            {isRunning ? (
              <Button look="danger" onClick={cancel}>
                Cancel
              </Button>
            ) : (
              <Button
                look="primary"
                disabled={sql.trim() === ''}
                onClick={run}
                title="Ctrl+Enter in the editor"
              >
                Run
              </Button>
            )}
            <SelectField
              label="Rows"
              hideLabel
              options={limits}
              value={limit}
              onChange={({ currentTarget }) => setLimit(currentTarget.value)}
            />
            {databases.length < 2 ? null : (
              <SelectField
                label="Database of names without one"
                hideLabel
                options={databases}
                value={database}
                onChange={({ currentTarget }) => setDatabase(currentTarget.value)}
              />
            )}
            <Status asked={asked} />
            <span className="actions">
              <Button disabled={sql.trim() === ''} onClick={() => setDialog('query')}>
                Save query
              </Button>
              <Button disabled={answer === undefined} onClick={() => setDialog('chart')}>
                Save as chart
              </Button>
            </span>
          </div>
        </Panel>
        {marks.length > 0 ? null : <ErrorNote error={error} />}
        {answer === undefined ? (
          error === undefined && !isRunning ? (
            <Panel>
              <Empty>The result comes here. The dialect is DuckDB's; tables are at the right.</Empty>
            </Panel>
          ) : null
        ) : (
          <Result
            asked={asked}
            answer={answer}
            view={view}
            limit={Number(limit)}
            onView={(changed) => setView({ shape, view: changed })}
            tab={query.get('show') === 'chart' ? 'chart' : 'table'}
          />
        )}
      </div>
      <SidePanel
        catalog={catalog}
        tables={tables}
        columns={columns}
        history={history}
        saved={saved}
        onInsert={(text) => editor.current?.insert(text)}
        onOpen={open}
      />
      {dialog === 'query' ? (
        <SaveQueryDialog sql={sql} onClose={() => setDialog(undefined)} onSaved={saved.reload} />
      ) : null}
      {dialog === 'chart' ? (
        <SaveChartDialog
          draft={{ source: sourceOf(asked.sql ?? sql, saved.data), database, view }}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </div>
  )
}

/** Those of the catalog, then the keyed tables of the app as SQL names them. */
function tablesOf(catalog: CatalogAnswer | undefined, keyed: TablesAnswer | undefined): KnownTable[] {
  return [
    ...(catalog?.databases ?? []).flatMap((database) =>
      [...database.tables, ...database.views].map(({ name }) => ({ database: database.name, name })),
    ),
    ...(keyed?.tables ?? []).map(({ name }) => ({ database: 'app', name })),
  ]
}

/** A statement that is saved under a name stays that: who changes the query changes the chart. */
function sourceOf(sql: string, saved: SavedAnswer | undefined) {
  const same = saved?.queries.find((query) => query.sql.trim() === sql.trim())
  return same === undefined ? ({ kind: 'sql', sql } as const) : ({ kind: 'saved', query: same.name } as const)
}

function Status({ asked }: { readonly asked: RunningQuery }) {
  const { isRunning, ms, rows, answer, error, isCanceled } = asked
  const text = isRunning
    ? `running for ${durationText(Math.round(ms / 100) * 100)}${rows > 0 ? `, ${countText(rows)} rows so far` : ''}`
    : isCanceled
      ? `canceled after ${durationText(ms)}`
      : error !== undefined
        ? `failed after ${durationText(ms)}`
        : answer !== undefined
          ? `${answer.rows.length.toLocaleString('en')} rows in ${durationText(answer.ms)}; ${answer.files.read} files read, ${answer.files.pruned} ruled out`
          : ''
  return (
    <>
      {isRunning ? <progress aria-label="The statement runs" /> : null}
      <span className="status" role="status">
        {text}
      </span>
    </>
  )
}

function Result({
  asked,
  answer,
  view,
  onView,
  tab,
  limit,
}: {
  readonly asked: RunningQuery
  readonly answer: QueryAnswer
  readonly view: ResultView
  readonly onView: (view: ResultView) => void
  readonly tab: 'table' | 'chart'
  readonly limit: number
}) {
  const sql = asked.sql ?? ''
  const height = Math.max(resultHeightMin, window.innerHeight - aboveResult)
  const show = (chosen: string) => {
    const query = Object.fromEntries(new URLSearchParams(window.location.search))
    go(hrefOf(['lake', 'sql'], { ...query, show: chosen }), { replace: true })
  }
  const isStale = asked.isRunning || asked.error !== undefined
  const command = `millrace query '${sql.trim().replaceAll("'", "'\\''")}' --csv`
  return (
    <section
      className={`panel lake-result ${isStale ? 'stale' : ''}`}
      aria-label="Result"
      aria-busy={asked.isRunning}
    >
      <header className="panel-head">
        <Tabs
          label="Result"
          tabs={[
            ['table', 'Rows'],
            ['chart', 'Chart'],
          ]}
          chosen={tab}
          onChoose={show}
        />
        <span className="actions">
          <Menu
            label="Download"
            items={[
              {
                label: 'CSV',
                hint: `${answer.rows.length.toLocaleString('en')} rows`,
                onChoose: () => saveFile('result.csv', csvText(answer), 'text/csv'),
              },
              {
                label: 'JSON lines',
                hint: `${answer.rows.length.toLocaleString('en')} rows`,
                onChoose: () => saveFile('result.jsonl', jsonText(answer), 'application/x-ndjson'),
              },
            ]}
          />
        </span>
      </header>
      {answer.more ? (
        <Note tone="warn">
          The result is cut: these are its first {answer.rows.length.toLocaleString('en')} rows
          {limit < 100_000 ? '. Choose more beside Run, or take all of them: ' : '. All of them: '}
          <CopyButton label="copy the command" text={command} look="plain" />
        </Note>
      ) : null}
      {answer.warnings.map((warning) => (
        <Note key={warning} tone="warn">
          {warning}
        </Note>
      ))}
      {tab === 'table' ? (
        <ResultGrid label="Rows of the result" answer={answer} height={height} />
      ) : (
        <div className="panel-body">
          <ChartFields columns={answer.columns} view={view} onChange={onView} />
          <ResultChart label="Chart of the result" answer={answer} view={view} height={height - 110} />
        </div>
      )}
    </section>
  )
}
