/** Everything of a saved chart that can be changed; its statement is changed in the workbench. */
import { useState } from 'react'
import type { Chart, ChartAnswer, ChartDataAnswer, Kept } from '../../../../../src/protocol/dashboards.ts'
import { postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { ErrorNote, SelectField, TextField } from '../../../kit/controls.tsx'
import { FormDialog } from '../../../kit/form-dialog.tsx'
import { ChartFields } from '../sql/chart-fields.tsx'
import { refreshOptionsWith } from './refresh-options.ts'

export function ChartDialog({
  chart,
  onClose,
  onSaved,
}: {
  readonly chart: Kept<Chart>
  readonly onClose: () => void
  readonly onSaved: (chart: Kept<Chart>) => void
}) {
  const { version, updatedAt: _then, ...before } = chart
  const [draft, setDraft] = useState<Chart>(before)
  const { data, error: dataError } = useApi<ChartDataAnswer>('/admin/charts/data', { name: chart.name })
  const save = async () => {
    const { chart: saved } = await postJson<ChartAnswer>('/admin/charts', { chart: draft, version })
    onSaved(saved)
    onClose()
  }
  const { refreshSeconds, source } = draft
  return (
    <FormDialog
      title={`Chart ${chart.name}`}
      wide
      verb="Save chart"
      isComplete={draft.title.trim() !== ''}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        label="Title"
        value={draft.title}
        onChange={({ currentTarget }) => setDraft({ ...draft, title: currentTarget.value })}
      />
      <SelectField
        label="Asked again"
        options={refreshOptionsWith(chart.refreshSeconds)}
        value={refreshSeconds === null ? '' : String(refreshSeconds)}
        onChange={({ currentTarget: { value } }) =>
          setDraft({ ...draft, refreshSeconds: value === '' ? null : Number(value) })
        }
      />
      {data === undefined ? null : (
        <ChartFields
          columns={data.columns}
          view={draft.view}
          onChange={(view) => setDraft({ ...draft, view })}
        />
      )}
      <ErrorNote error={dataError} />
      <p className="muted">
        {source.kind === 'saved' ? `Of the saved query ${source.query}.` : 'Of a statement of its own:'}
      </p>
      {source.kind === 'sql' ? <pre className="mono lake-statement">{source.sql.trim()}</pre> : null}
    </FormDialog>
  )
}
