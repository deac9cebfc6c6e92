/** The course of a figure in a line of its own height: no axes, the newest value at the right. */
import { historyMax } from './live-samples.ts'

const width = 120
const height = 26

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(1e-9, ...values)
  const from = historyMax - values.length
  const points = values.map((value, i) => {
    const x = ((from + i) / (historyMax - 1)) * width
    const y = height - 2 - (value / most) * (height - 4)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {points.length > 1 ? <polyline points={points.join(' ')} /> : null}
    </svg>
  )
}
