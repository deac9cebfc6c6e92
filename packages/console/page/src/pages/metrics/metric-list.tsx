/** The series that there are, thing by thing: what is checked is drawn. */
import { memo } from 'react'
import { type MetricListAnswer, type MetricSeries, usualStatistic } from '../../../../src/protocol/metrics.ts'
import { Empty } from '../../kit/page.tsx'
import { groupByThing } from './metric-groups.ts'
import { valueText } from './value-text.ts'

export const MetricList = memo(function MetricList({
  answer,
  filter,
  chosen,
  onChoose,
}: {
  readonly answer: MetricListAnswer | undefined
  readonly filter: string
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (id: string, isChosen: boolean) => void
}) {
  if (answer === undefined) return <div className="metric-list" />
  const groups = groupByThing(answer.series)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it
    <section className="metric-list" aria-label="Series" tabIndex={0}>
      {groups.length === 0 ? (
        <Empty>
          {filter === ''
            ? 'Nothing has been measured yet. Metrics come with the first record, call or invocation.'
            : `No series has all of these words: ${filter}.`}
        </Empty>
      ) : null}
      {groups.map(({ key, kind, namespace, thing, series }) => (
        <details key={key} open>
          <summary>
            <span className="metric-thing">{thing}</span>
            <span className="muted">{kind === 'Sent by clients' ? namespace : kind}</span>
          </summary>
          <ul>
            {series.map((one) => (
              <li key={one.id}>
                <label title={one.definition}>
                  <input
                    type="checkbox"
                    checked={chosen.has(one.id)}
                    onChange={({ currentTarget }) => onChoose(one.id, currentTarget.checked)}
                  />
                  <span className="metric-name">{one.metric}</span>
                  <span className="number muted">{lastText(one)}</span>
                </label>
              </li>
            ))}
          </ul>
        </details>
      ))}
      {answer.more ? (
        <p className="muted metric-more">
          More series match than are listed. Type more words into the filter.
        </p>
      ) : null}
    </section>
  )
})

function lastText(series: MetricSeries): string {
  return series.last === undefined ? '–' : valueText(series, usualStatistic(series.kind), series.last.value)
}
