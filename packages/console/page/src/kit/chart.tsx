/**
 * A chart of columns: lines, areas or bars over time, numbers or categories. It has the size of its box in width and a height of
 * its own, whether there is data or not. The legend shows the newest values, or those under the cursor, and turns series off; the
 * arrow keys move the cursor. Those who do not see it read a sentence and a table of the newest points.
 *
 * Times are milliseconds since the epoch, shown in UTC. Give new arrays when something has changed, as often as you
 * like: it is drawn once per animation frame.
 */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { timeText, valueText } from './chart/chart-scale.ts'
import { type ChartKind, openPlot, type Plot, seriesColours, type XKind } from './chart/plot.ts'
import './chart.css'

export interface ChartSeries {
  readonly name: string
  /** As many as there are points; null: a gap; undefined: not a point of this series, the line goes on. */
  readonly values: readonly (number | null | undefined)[]
}

export interface ChartProps {
  /** What it shows, in a few words. */
  readonly label: string
  readonly kind: ChartKind
  /** Ascending. Of categories: 0, 1, 2... */
  readonly x: readonly number[]
  readonly xKind: XKind
  /** Names of the points of a category axis. */
  readonly categories?: readonly string[]
  readonly series: readonly ChartSeries[]
  /** Of the plot without its legend, in pixels; default 220. */
  readonly height?: number
  readonly format?: (value: number) => string
  /** Where there is nothing to draw; default `No data yet.` */
  readonly empty?: string
}

/** Points that the text alternative has. */
const toldMax = 12

export function Chart({
  label,
  kind,
  x,
  xKind,
  categories = [],
  series,
  height = 220,
  format,
  empty = 'No data yet.',
}: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [point, setPoint] = useState<number | undefined>(undefined)
  const formatNow = useRef(format)
  formatNow.current = format

  const names = series.map(({ name }) => name)
  const hasFormat = format !== undefined
  // The canvas is made again only when its shape changes; names as one text, since the array is new each time.
  const shape = JSON.stringify([kind, xKind, names, height, hasFormat])
  useEffect(() => {
    if (box.current === null) return
    const [ofKind, ofX, ofNames, ofHeight, ofFormat] = JSON.parse(shape) as [
      ChartKind,
      XKind,
      string[],
      number,
      boolean,
    ]
    const opened = openPlot(
      box.current,
      {
        kind: ofKind,
        xKind: ofX,
        names: ofNames,
        height: ofHeight,
        format: ofFormat ? (value) => formatNow.current?.(value) ?? valueText(value) : undefined,
      },
      setPoint,
    )
    plot.current = opened
    return () => {
      plot.current = undefined
      opened.close()
    }
  }, [shape])

  const isEmpty = useMemo(
    () =>
      x.length === 0 ||
      !series.some(({ values }) => values.some((value) => value !== null && value !== undefined)),
    [x, series],
  )
  useEffect(() => {
    void shape
    plot.current?.draw({ x, categories, values: series.map(({ values }) => values) })
  }, [x, categories, series, shape])
  // After the canvas was made and whenever somebody turns a series on or off.
  useEffect(() => {
    const [, , ofNames] = JSON.parse(shape) as [unknown, unknown, string[]]
    plot.current?.hide(ofNames.map((name) => hidden.has(name)))
  }, [hidden, shape])

  const textOf = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : (format?.(value) ?? valueText(value))
  const placeOf = (at: number) => {
    const value = x[at]
    if (value === undefined) return ''
    if (xKind === 'time') return `${timeText(value)} UTC`
    return xKind === 'category' ? (categories[at] ?? '') : valueText(value)
  }
  const shown = point !== undefined && point < x.length ? point : x.length - 1
  const move = (event: KeyboardEvent) => {
    const { key } = event
    const last = x.length - 1
    const from = point ?? last
    const to =
      key === 'ArrowLeft'
        ? from - 1
        : key === 'ArrowRight'
          ? from + 1
          : key === 'Home'
            ? 0
            : key === 'End'
              ? last
              : -1
    if (to < 0 || to > last) return
    event.preventDefault()
    plot.current?.point(to)
  }
  const toggle = (name: string) =>
    setHidden((now) => {
      const next = new Set(now)
      if (!next.delete(name)) next.add(name)
      return next
    })

  return (
    <figure className="chart" aria-label={label}>
      {/* biome-ignore lint/a11y/useSemanticElements: a canvas with a cursor that keys move has no element of its own */}
      <div
        ref={box}
        className="chart-plot"
        style={{ height }}
        role="group"
        aria-roledescription="chart"
        aria-label={`${label}. Arrow keys move from point to point.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move its cursor
        tabIndex={0}
        onKeyDown={move}
        onBlur={() => plot.current?.point(undefined)}
      >
        {isEmpty ? <div className="chart-empty">{empty}</div> : null}
      </div>
      <div className="chart-legend">
        {series.map(({ name, values }, at) => (
          <button
            key={name}
            type="button"
            aria-pressed={!hidden.has(name)}
            onClick={() => toggle(name)}
            title={`Show or hide ${name}`}
          >
            <span
              className="swatch"
              // A custom property is no name that React's types know.
              style={{ '--swatch': `var(--series-${(at % seriesColours) + 1})` } as Record<string, string>}
            />
            <span className="name">{name}</span>
            <span className="value">{textOf(values[shown])}</span>
          </button>
        ))}
        <span className="at" aria-live={point === undefined ? 'off' : 'polite'}>
          {isEmpty ? '' : placeOf(shown)}
        </span>
      </div>
      <TextAlternative
        label={label}
        kind={kind}
        count={x.length}
        placeOf={placeOf}
        textOf={textOf}
        series={series}
      />
    </figure>
  )
}

/** What a chart shows, for those who do not see it. */
function TextAlternative({
  label,
  kind,
  count,
  series,
  placeOf,
  textOf,
}: {
  readonly label: string
  readonly kind: ChartKind
  readonly count: number
  readonly series: readonly ChartSeries[]
  readonly placeOf: (at: number) => string
  readonly textOf: (value: number | null | undefined) => string
}) {
  const told = Array.from(
    { length: Math.min(count, toldMax) },
    (_none, i) => Math.max(0, count - toldMax) + i,
  )
  const span = count === 0 ? 'no points yet' : `${count} points from ${placeOf(0)} to ${placeOf(count - 1)}`
  return (
    <div className="hidden-label">
      <table>
        <caption>
          {label}: {kind} chart, {span}
          {count > toldMax ? `; the newest ${toldMax} are in this table` : ''}.
        </caption>
        <thead>
          <tr>
            <th scope="col">Point</th>
            {series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {told.map((at) => (
            <tr key={at}>
              <th scope="row">{placeOf(at)}</th>
              {series.map(({ name, values }) => (
                <td key={name}>{textOf(values[at])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
