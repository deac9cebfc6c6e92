/** The notebooks that there are; a new one, one from a file. */
import { useRef, useState } from 'react'
import type {
  NotebookCell,
  NotebookList as NotebookListAnswer,
  ParseAnswer,
  SaveAnswer,
  SaveRequest,
} from '../../../../../src/protocol/notebook.ts'
import { type ApiError, asApiError, postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote } from '../../../kit/controls.tsx'
import { Empty, Page, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { useShortcut } from '../../../shell/shortcuts.ts'
import { NameDialog } from './name-dialog.tsx'

type Asked =
  | { readonly kind: 'new' }
  | { readonly kind: 'import'; readonly name: string; readonly text: string }

const firstCells: readonly NotebookCell[] = [{ id: 'c1', dialect: 'flink', text: '' }]

/** Larger ones are no notebooks. */
const fileBytesMax = 4 << 20

export function NotebookList() {
  const { data, error } = useApi<NotebookListAnswer>('/admin/notebooks')
  const [asked, setAsked] = useState<Asked | undefined>()
  const [refused, setRefused] = useState<ApiError | undefined>()
  const file = useRef<HTMLInputElement>(null)
  useShortcut('n', 'New notebook', () => setAsked({ kind: 'new' }))

  const create = async (name: string, cells: readonly NotebookCell[]) => {
    const request: SaveRequest = { notebook: { name, cells } }
    await postJson<SaveAnswer>('/admin/notebook/save', request)
    go(hrefOf(['notebook', name]))
  }
  const read = async (chosen: File) => {
    setRefused(undefined)
    if (chosen.size > fileBytesMax) {
      setRefused(asApiError(`${chosen.name} has more than 4 MiB, which no notebook has`))
      return
    }
    const text = await chosen.text()
    // What stands before the first dot: the rest says what kind of file it is.
    setAsked({ kind: 'import', name: chosen.name.split('.')[0] ?? '', text })
  }
  const add = async (name: string) => {
    if (asked?.kind !== 'import') return create(name, firstCells)
    const { notebook } = await postJson<ParseAnswer>('/admin/notebook/parse', { name, text: asked.text })
    return create(name, notebook.cells)
  }
  const notebooks = data?.notebooks ?? []
  return (
    <Page
      title="Notebook"
      about={<span className="muted">SQL against streams, tables and the lake, kept in files</span>}
      actions={
        <>
          <input
            ref={file}
            type="file"
            hidden
            aria-label="File of a notebook"
            onChange={({ currentTarget }) => {
              const [chosen] = currentTarget.files ?? []
              if (chosen !== undefined) void read(chosen)
              // The same file can be chosen again.
              currentTarget.value = ''
            }}
          />
          <Button onClick={() => file.current?.click()}>Open a file</Button>
          <Button look="primary" onClick={() => setAsked({ kind: 'new' })}>
            New notebook
          </Button>
        </>
      }
    >
      <ErrorNote error={error ?? refused} />
      <Panel flush>
        {data !== undefined && notebooks.length === 0 ? (
          <Empty
            next={
              <Button look="primary" onClick={() => setAsked({ kind: 'new' })}>
                Make the first one
              </Button>
            }
          >
            There are no notebooks yet. A notebook is a list of queries with their results, saved beside the
            app.
          </Empty>
        ) : (
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className="number">
                  Cells
                </th>
                <th scope="col">File</th>
              </tr>
            </thead>
            <tbody>
              {notebooks.map(({ name, cells, file: path }) => (
                <tr key={path}>
                  <td>
                    <Link href={hrefOf(['notebook', name])}>{name}</Link>
                  </td>
                  <td className="number">{cells}</td>
                  <td className="mono muted">{path}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      {asked === undefined ? null : (
        <NameDialog
          title={asked.kind === 'new' ? 'New notebook' : 'Notebook from a file'}
          verb="Create"
          initial={asked.kind === 'new' ? freeName(notebooks.map(({ name }) => name)) : asked.name}
          onName={add}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Page>
  )
}

function freeName(taken: readonly string[]): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? 'notebook' : `notebook-${n}`
    if (!taken.includes(name)) return name
  }
}
