/** Causes of dead letters, the largest first: choosing one shows its letters. */
import type { CauseShape } from '../../../../src/protocol/dead-letters.ts'
import { Badge } from '../../kit/controls.tsx'
import { Link } from '../../kit/router.ts'
import { useNow } from '../../kit/use-now.ts'
import { agoText, shortPlace, timeText, withoutCode } from './letter-words.ts'

export interface CauseListProps {
  readonly causes: readonly CauseShape[]
  readonly chosen: string
  readonly hrefOf: (cause: CauseShape | undefined) => string
}

export function CauseList({ causes, chosen, hrefOf }: CauseListProps) {
  const now = useNow(5_000)
  return (
    <div className="causes">
      <table className="rows" aria-label="Causes">
        <thead>
          <tr>
            <th className="number">Letters</th>
            <th>Stage</th>
            <th>Code</th>
            <th>Message</th>
            <th>Thrown at</th>
            <th>Last</th>
          </tr>
        </thead>
        <tbody>
          {causes.map((cause) => {
            const { stage, code, message, place, letters, lastTime } = cause
            const isChosen = cause.cause !== undefined && cause.cause === chosen
            return (
              <tr key={`${cause.cause ?? ''} ${stage} ${code}`} className={isChosen ? 'chosen' : ''}>
                <td className="number">{letters.toLocaleString('en')}</td>
                <td>{stage}</td>
                <td>
                  <Badge tone="bad">{code}</Badge>
                </td>
                <td className="message">
                  <Link
                    href={hrefOf(isChosen ? undefined : cause)}
                    aria-current={isChosen ? 'true' : undefined}
                  >
                    {withoutCode(code, message)}
                  </Link>
                </td>
                <td className="mono place" title={place}>
                  {place === undefined ? '' : shortPlace(place)}
                </td>
                <td className="tabular ago" title={timeText(lastTime)}>
                  {agoText(lastTime, now)}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
