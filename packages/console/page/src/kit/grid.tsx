// biome-ignore-all lint/a11y/useSemanticElements: rows of a <table> cannot be placed by position.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names the row that is marked.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: as above, so the keys are the grid's.
/**
 * A table of many rows, of which only those in view are in the document. All rows have one height, so that a place in the list is a
 * multiplication and nothing jumps while one scrolls; what does not fit in a cell is cut.
 *
 * Keyboard: the grid is one stop of Tab; arrows, PageUp, PageDown, Home and End move the row that is marked, Enter opens it. The
 * mark stays with its row when rows come or go around it. Cost: O(rows in view) for each render, and one search for the marked row.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react'
import './grid.css'

export interface GridColumn {
  readonly name: string
  readonly title: ReactNode
  readonly align?: 'left' | 'right'
  /** Pixels, or a length or share of CSS: `2fr`, `12ch`. Default: an equal share of the room. */
  readonly width?: number | string
}

export interface GridSort {
  readonly column: string
  readonly descending: boolean
}

export interface GridProps<T> {
  /** What it is a list of, for screen readers. */
  readonly label: string
  readonly columns: readonly GridColumn[]
  readonly rows: readonly T[]
  readonly rowKey: (row: T) => string
  readonly cell: (row: T, column: string) => ReactNode
  /** Click or Enter. */
  readonly onOpen?: (row: T) => void
  /** The row that is marked now, for keys of the page that mean it. */
  readonly onMark?: (row: T) => void
  /** Key of the row that is open beside the grid. */
  readonly selected?: string | undefined
  /** Shown in place of rows. */
  readonly empty?: ReactNode
  /** Pixels, or `fill`: the room that its parent gives. Default: that of its rows, up to 60 % of the window. */
  readonly height?: number | 'fill'
  /** Rows are added at the end: stays there for as long as the end is in view. */
  readonly follow?: boolean
  readonly sort?: GridSort | undefined
  /** Makes heads buttons. The rows are sorted by whoever gives them. */
  readonly onSort?: (sort: GridSort) => void
}

const rowHeight = 28
const headHeight = 30
/** The least width of a column that takes a share. */
const shareMin = 80

export function Grid<T>({
  label,
  columns,
  rows,
  rowKey,
  cell,
  onOpen,
  onMark,
  selected,
  empty,
  height,
  follow = false,
  sort,
  onSort,
}: GridProps<T>) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const [marked, setMarked] = useState<{ readonly key: string; readonly index: number } | undefined>()
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
    // Rows that come late by one frame are better than a render inside of the scroll event.
    useFlushSync: false,
  })
  const at = markedIndex(marked, rows, rowKey)
  const layout = useMemo(() => layoutOf(columns), [columns])

  const isAtEnd = useRef(true)
  useEffect(() => {
    const { current } = box
    if (follow && isAtEnd.current && current !== null && rows.length > 0)
      current.scrollTop = current.scrollHeight
  }, [follow, rows])

  const mark = (index: number) => {
    const to = Math.max(0, Math.min(rows.length - 1, index))
    const row = rows[to]
    if (row === undefined) return
    setMarked({ key: rowKey(row), index: to })
    onMark?.(row)
    virtual.scrollToIndex(to)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return
    const inView = Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - headHeight) / rowHeight) - 1)
    const from = at ?? -1
    const to: Readonly<Record<string, number>> = {
      ArrowDown: from + 1,
      ArrowUp: from < 0 ? 0 : from - 1,
      PageDown: from + inView,
      PageUp: from - inView,
      Home: 0,
      End: rows.length - 1,
    }
    const target = to[event.key]
    if (target !== undefined) {
      event.preventDefault()
      mark(target)
    } else if (event.key === 'Enter' && at !== undefined && rows[at] !== undefined) {
      event.preventDefault()
      onOpen?.(rows[at])
    }
  }
  const onRowClick = (event: MouseEvent, row: T, index: number) => {
    setMarked({ key: rowKey(row), index })
    onMark?.(row)
    // A link or button in a cell does what it says, and text that somebody marks is not a click.
    const isOwn = event.target instanceof Element && event.target.closest('a, button, input, select') !== null
    if (!isOwn && window.getSelection()?.type !== 'Range') onOpen?.(row)
  }

  const items = virtual.getVirtualItems()
  const isMarkedShown = at !== undefined && items.some(({ index }) => index === at)
  return (
    <div
      ref={box}
      className={`grid ${height === 'fill' ? 'fill' : ''} ${onOpen === undefined ? '' : 'opens'}`}
      style={typeof height === 'number' ? { height, maxHeight: 'none' } : undefined}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={isMarkedShown ? `${id}-${at}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < rowHeight
      }}
    >
      <div className="grid-head" role="rowgroup" style={{ minWidth: layout.minWidth }}>
        <div className="grid-row" role="row" aria-rowindex={1} style={layout.style}>
          {columns.map(({ name, title, align }) => (
            <div
              key={name}
              role="columnheader"
              className={align === 'right' ? 'right' : ''}
              aria-sort={sort?.column === name ? (sort.descending ? 'descending' : 'ascending') : undefined}
            >
              {onSort === undefined ? (
                title
              ) : (
                <button
                  type="button"
                  onClick={() =>
                    onSort({ column: name, descending: sort?.column === name && !sort.descending })
                  }
                >
                  {title}
                  <span className="grid-sort" aria-hidden="true">
                    {sort?.column === name ? (sort.descending ? '↓' : '↑') : ''}
                  </span>
                </button>
              )}
            </div>
          ))}
        </div>
      </div>
      {rows.length === 0 ? (
        <div role="rowgroup">
          <div role="row" aria-rowindex={2}>
            <div role="gridcell" className="grid-empty" aria-colspan={columns.length}>
              {empty ?? 'Nothing here yet.'}
            </div>
          </div>
        </div>
      ) : (
        <div
          role="rowgroup"
          className="grid-body"
          style={{ height: virtual.getTotalSize(), minWidth: layout.minWidth }}
        >
          {items.map(({ index, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            const key = rowKey(row)
            return (
              <div
                key={key}
                id={`${id}-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={key === selected}
                className={`grid-row ${index === at ? 'marked' : ''}`}
                style={{ ...layout.style, transform: `translateY(${start - headHeight}px)` }}
                onClick={(event) => onRowClick(event, row, index)}
              >
                {columns.map(({ name, align }) => (
                  <div key={name} role="gridcell" className={align === 'right' ? 'right' : ''}>
                    {cell(row, name)}
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      )}
    </div>
  )
}

/** Where the marked row is now: mostly where it was, else it is looked for. */
function markedIndex<T>(
  marked: { readonly key: string; readonly index: number } | undefined,
  rows: readonly T[],
  rowKey: (row: T) => string,
): number | undefined {
  if (marked === undefined) return undefined
  const same = rows[marked.index]
  if (same !== undefined && rowKey(same) === marked.key) return marked.index
  const found = rows.findIndex((row) => rowKey(row) === marked.key)
  return found < 0 ? undefined : found
}

/** One template for head and rows, and the width below which the grid scrolls sideways. */
function layoutOf(columns: readonly GridColumn[]): { style: CSSProperties; minWidth: string } {
  const tracks: string[] = []
  const least: string[] = []
  for (const { width } of columns) {
    if (typeof width === 'number') {
      tracks.push(`${width}px`)
      least.push(`${width}px`)
    } else if (width === undefined || width.endsWith('fr')) {
      tracks.push(`minmax(${shareMin}px, ${width ?? '1fr'})`)
      least.push(`${shareMin}px`)
    } else {
      tracks.push(width)
      least.push(width.endsWith('%') ? '0px' : width)
    }
  }
  return { style: { gridTemplateColumns: tracks.join(' ') }, minWidth: `calc(${least.join(' + ') || '0px'})` }
}
