/**
 * For who is here for the first time: three steps through the app that runs, each a link. They come from the app: its pipeline, its
 * first query, its first notebook; a step that the app has nothing for is left out. It stands on the pages of its steps alone, until it
 * is dismissed.
 */
import { useEffect, useState } from 'react'
import type { OverviewAnswer } from '../../../src/protocol/overview.ts'
import { Button } from '../kit/controls.tsx'
import { hrefOf, Link } from '../kit/router.ts'
import { store, stored } from '../kit/stored.ts'
import { wishFor } from '../kit/wish.ts'
import './story.css'

interface Step {
  readonly href: string
  /** Of the page that it leads to. */
  readonly wish?: string
  readonly title: string
  readonly about: string
}

export function Story({
  overview,
  path,
}: {
  readonly overview: OverviewAnswer | undefined
  readonly path: string
}) {
  const [isDismissed, setDismissed] = useState(stored('story') === 'dismissed')
  const [seen, setSeen] = useState<readonly string[]>(() => stored('story.seen')?.split(' ') ?? [])
  const steps = overview === undefined ? [] : stepsOf(overview)
  const here = steps.find(({ href }) => href === path)?.href
  useEffect(() => {
    if (here === undefined) return
    setSeen((before) => {
      if (before.includes(here)) return before
      const now = [...before, here]
      store('story.seen', now.join(' '))
      return now
    })
  }, [here])
  if (isDismissed || here === undefined || steps.length < 2) return null
  const next = steps.find(({ href }) => href !== here && !seen.includes(href))
  return (
    <section className="story" aria-label="First steps">
      <ol>
        {steps.map(({ href, title, about, wish }, i) => (
          <li key={href} className={seen.includes(href) ? 'seen' : ''}>
            <Link
              href={href}
              onClick={() => {
                if (wish !== undefined) wishFor(wish)
              }}
              aria-current={href === here ? 'step' : undefined}
              className={href === next?.href ? 'next' : ''}
            >
              <span className="step-number" aria-hidden="true">
                {seen.includes(href) && href !== here ? '✓' : i + 1}
              </span>
              <span className="step-words">
                <strong>{title}</strong>
                <span>{about}</span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
      <Button
        look="plain"
        onClick={() => {
          store('story', 'dismissed')
          setDismissed(true)
        }}
      >
        {next === undefined ? 'Done' : 'Dismiss'}
      </Button>
    </section>
  )
}

function stepsOf({ app, story }: OverviewAnswer): readonly Step[] {
  if (app === null) return []
  const steps: Step[] = [
    {
      href: hrefOf(['pipeline']),
      title: 'See it flow',
      about: `Records on their way through ${app.name}`,
    },
  ]
  if (story.query !== undefined) {
    steps.push({
      href: hrefOf(['pipeline', story.query]),
      title: 'Understand a query',
      about: `What ${story.query} does, step by step`,
    })
  }
  if (story.notebook !== undefined) {
    steps.push({
      href: hrefOf(['notebook', story.notebook]),
      wish: `run ${story.notebook}`,
      title: 'Watch a chart',
      about: `Live SQL in the notebook ${story.notebook}`,
    })
  }
  return steps
}
