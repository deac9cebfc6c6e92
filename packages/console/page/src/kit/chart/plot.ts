/**
 * The canvas of a chart: uPlot, with our colours and ranges. Data is drawn at most once per animation frame, whatever is given in
 * between; the canvas follows the size of its box; colours are read again when the theme changes. Widths of axes grow and never
 * shrink, so that the plot stands still while its numbers change.
 */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { slotOf, tickText, timeTicks, valueRange } from './chart-scale.ts'

export type ChartKind = 'line' | 'area' | 'bar'
export type XKind = 'time' | 'number' | 'category'

/** What the canvas is made for; another shape is another canvas. */
export interface PlotShape {
  readonly kind: ChartKind
  readonly xKind: XKind
  readonly names: readonly string[]
  readonly height: number
  /** Of ticks; undefined: by their distance. */
  readonly format: ((value: number) => string) | undefined
}

export interface PlotData {
  /** Ascending. */
  readonly x: readonly number[]
  readonly categories: readonly string[]
  readonly values: readonly (readonly (number | null | undefined)[])[]
}

export interface Plot {
  draw(data: PlotData): void
  /** Series by their position. */
  hide(hidden: readonly boolean[]): void
  /** Puts the cursor on a point; undefined: away. */
  point(index: number | undefined): void
  close(): void
}

export const seriesColours = 6

/** `onPoint`: the point under the cursor, undefined where it is elsewhere. */
export function openPlot(
  box: HTMLElement,
  shape: PlotShape,
  onPoint: (index: number | undefined) => void,
): Plot {
  const { kind, xKind, names, height } = shape
  const colours = themeColours(box)
  let data: PlotData = { x: [], categories: [], values: names.map(() => []) }
  let slot = 1
  let valueWidth = 36
  let frame = 0
  let stale = false
  let hidden: readonly boolean[] = names.map(() => false)

  const font = `11px ${getComputedStyle(box).fontFamily}`
  const axis = {
    font,
    stroke: () => colours.now.text,
    ticks: { show: false },
    grid: { stroke: () => colours.now.line, width: 1 },
    border: { show: false },
  }
  const plot = new uPlot(
    {
      width: Math.max(1, box.clientWidth),
      height,
      ms: 1,
      tzDate: (ms) => uPlot.tzDate(new Date(ms), 'Etc/UTC'),
      padding: [10, xKind === 'time' ? 30 : 12, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, points: { size: 7 } },
      scales: {
        x: {
          time: xKind === 'time',
          range: (_plot, least, greatest) => xRange(least, greatest),
        },
        y: { range: (_plot, least, greatest) => valueRange(least, greatest, kind !== 'line') },
      },
      axes: [
        {
          ...axis,
          grid: { show: kind !== 'bar', ...axis.grid },
          space: xKind === 'category' ? 60 : 78,
          size: 34,
          gap: 6,
          ...(xKind === 'category' ? { splits: categorySplits } : {}),
          values: (_plot, points, _axis, _space, step) => xTicks(points, step),
        },
        {
          ...axis,
          space: 32,
          gap: 6,
          size: (self, texts) => {
            valueWidth = Math.max(valueWidth, widthOf(self, texts ?? []))
            return valueWidth
          },
          values: (_plot, points, _axis, _space, step) =>
            points.map((value) =>
              data.x.length === 0 ? '' : (shape.format?.(value) ?? tickText(value, step)),
            ),
        },
      ],
      series: [{}, ...names.map(seriesOf)],
      hooks: {
        setCursor: [
          (self) => {
            const index = self.cursor.idx
            const isInside = self.cursor.left !== undefined && self.cursor.left >= 0
            onPoint(isInside && typeof index === 'number' ? index : undefined)
          },
        ],
      },
    },
    aligned(),
    box,
  )

  function seriesOf(_name: string, at: number): uPlot.Series {
    const colour = () => colours.now.series[at % seriesColours]!
    // Colours come again after six; then lines are dashed.
    const dash = at < seriesColours || kind === 'bar' ? {} : { dash: [5, 4] }
    if (kind === 'bar')
      return { stroke: colour, fill: colour, width: 0, paths: barPaths(at), points: { show: false } }
    return {
      stroke: colour,
      width: 1.5,
      spanGaps: false,
      ...dash,
      ...(kind === 'area' ? { fill: () => translucent(colour()) } : {}),
      // Where there are few, all are drawn; of many those alone that have no neighbour, which make no line.
      points: { size: 5, fill: colour, space: 24, filter: lonePoints },
    }
  }

  /** Null: all that uPlot would draw. */
  function lonePoints(self: uPlot, index: number, areAllShown: boolean): number[] | null {
    const values = self.data[index]
    const [from, to] = self.series[index]?.idxs ?? [0, -1]
    if (areAllShown || values === undefined) return null
    const lone: number[] = []
    for (let i = from; i <= to; i++)
      if (values[i] != null && values[i - 1] == null && values[i + 1] == null) lone.push(i)
    return lone
  }

  /** Bars of one point stand side by side in its slot. */
  function barPaths(at: number): uPlot.Series.PathBuilder {
    return (self, index, from, to) => {
      const path = new Path2D()
      const shown = names.flatMap((_name, i) => (hidden[i] === true ? [] : [i]))
      const place = shown.indexOf(at)
      if (place < 0) return null
      const room = Math.abs(self.valToPos(slot, 'x', true) - self.valToPos(0, 'x', true)) * 0.78
      const width = Math.max(1, Math.min(room / shown.length, 48 * devicePixelRatio))
      const zero = self.valToPos(0, 'y', true)
      const left = (place - shown.length / 2) * width
      const inner = width > 4 ? width - 1 : width
      const [x, values] = [self.data[0], self.data[index]]
      for (let i = from; i <= to; i++) {
        const value = values?.[i]
        if (value === null || value === undefined) continue
        const top = self.valToPos(value, 'y', true)
        const start = Math.round(self.valToPos(x[i]!, 'x', true) + left)
        path.rect(start, Math.min(top, zero), Math.max(1, Math.round(inner)), Math.abs(zero - top))
      }
      return { fill: path, stroke: path }
    }
  }

  function xRange(least: number | null, greatest: number | null): [number, number] {
    if (least === null || greatest === null) return [0, 1]
    if (kind === 'bar' || xKind === 'category') return [least - slot / 2, greatest + slot / 2]
    if (least === greatest) return [least - slot / 2, greatest + slot / 2]
    return [least, greatest]
  }

  function categorySplits(
    self: uPlot,
    _axis: number,
    from: number,
    to: number,
    _step: number,
    space: number,
  ) {
    const count = Math.max(1, Math.floor(to - from))
    const room = self.bbox.width / devicePixelRatio / Math.max(1, space)
    const every = Math.max(1, Math.ceil(count / Math.max(1, room)))
    const points: number[] = []
    for (let i = Math.ceil(from / every) * every; i <= to; i += every) points.push(i)
    return points
  }

  function xTicks(points: readonly number[], step: number): string[] {
    if (data.x.length === 0) return points.map(() => '')
    if (xKind === 'time') return timeTicks(points, step)
    if (xKind === 'number') return points.map((value) => tickText(value, step))
    return points.map((at) => shortened(data.categories[at] ?? ''))
  }

  function widthOf({ ctx }: uPlot, texts: readonly (string | null)[]): number {
    const before = ctx.font
    ctx.font = font
    const widest = Math.max(0, ...texts.map((text) => ctx.measureText(text ?? '').width))
    ctx.font = before
    return Math.ceil(widest) + 14
  }

  function aligned(): uPlot.AlignedData {
    // uPlot reads its data and never writes it, so what is readonly here may be given.
    return [data.x, ...data.values] as uPlot.AlignedData
  }

  function soon(): void {
    if (frame !== 0) return
    frame = requestAnimationFrame(() => {
      frame = 0
      const width = Math.max(1, box.clientWidth)
      if (width !== plot.width) plot.setSize({ width, height })
      if (stale) plot.setData(aligned())
      else plot.redraw()
      stale = false
    })
  }

  const sizes = new ResizeObserver(() => {
    if (box.clientWidth !== plot.width) soon()
  })
  sizes.observe(box)
  const unfollow = followTheme(() => {
    colours.read()
    soon()
  })

  return {
    draw(next) {
      data = next
      slot = slotOf(next.x, xKind === 'time' ? 1_000 : 1)
      stale = true
      soon()
    },
    hide(next) {
      hidden = next
      plot.batch(() => {
        for (const [i, isHidden] of next.entries())
          if (plot.series[i + 1]?.show === isHidden) plot.setSeries(i + 1, { show: !isHidden }, false)
      })
      // Bars move together where one of them goes.
      if (kind === 'bar') {
        stale = true
        soon()
      }
    },
    point(index) {
      const x = index === undefined ? undefined : data.x[index]
      if (x === undefined) plot.setCursor({ left: -10, top: -10 })
      else plot.setCursor({ left: plot.valToPos(x, 'x'), top: 0 })
    },
    close() {
      cancelAnimationFrame(frame)
      sizes.disconnect()
      unfollow()
      plot.destroy()
    },
  }
}

function shortened(text: string): string {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text
}

/** What the canvas draws with: it cannot read CSS variables itself, so an element resolves them. */
function themeColours(box: HTMLElement) {
  const read = () => {
    const probe = document.createElement('span')
    box.append(probe)
    const resolve = (name: string) => {
      probe.style.color = `var(--${name})`
      return getComputedStyle(probe).color
    }
    const colours = {
      text: resolve('text-muted'),
      line: resolve('line'),
      series: Array.from({ length: seriesColours }, (_none, i) => resolve(`series-${i + 1}`)),
    }
    probe.remove()
    return colours
  }
  const colours = {
    now: read(),
    read: () => {
      colours.now = read()
    },
  }
  return colours
}

/** `rgb(1, 2, 3)`, as computed styles have it, as a ground for areas. */
function translucent(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)')
}

/** The theme is the system's until somebody chooses one, which sets an attribute of the root. */
function followTheme(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const chosen = new MutationObserver(changed)
  system.addEventListener('change', changed)
  chosen.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'style', 'class'],
  })
  return () => {
    system.removeEventListener('change', changed)
    chosen.disconnect()
  }
}
