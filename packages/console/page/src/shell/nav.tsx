/** Navigation at the left: pages with what waits there, who runs, and how the page looks. Narrow, it is a row of drawings. */
import { useState } from 'react'
import type { OverviewAnswer } from '../../../src/protocol/overview.ts'
import { useConnection } from '../api/connection.ts'
import { Icon } from '../kit/icons.tsx'
import { countText } from '../kit/numbers.ts'
import { hrefOf, Link } from '../kit/router.ts'
import { store, stored } from '../kit/stored.ts'
import { setTheme, themes, useTheme } from '../kit/theme.ts'
import { SessionFoot } from './login/session-foot.tsx'
import { pages } from './pages.ts'
import { keyText, useShortcut } from './shortcuts.ts'
import './nav.css'

interface NavProps {
  /** Of the page that is shown. */
  readonly current: string
  readonly overview: OverviewAnswer | undefined
  readonly onSearch: () => void
  readonly onHelp: () => void
}

export function Nav({ current, overview, onSearch, onHelp }: NavProps) {
  const [isFolded, setFolded] = useState(stored('nav') === 'folded')
  const fold = () => {
    store('nav', isFolded ? undefined : 'folded')
    setFolded(!isFolded)
  }
  useShortcut('[', 'Fold or unfold the navigation', fold, { isGlobal: true })
  return (
    <nav className={`nav ${isFolded ? 'folded' : ''}`} aria-label="Pages">
      <Link className="brand" href={hrefOf([])} title="Millrace">
        <img src={logo} alt="" width="22" height="22" />
        <span className="words">
          <span className="name">Millrace</span>
        </span>
      </Link>
      <button type="button" className="search" onClick={onSearch} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" />
        <span className="words">Go to…</span>
        <span className="keys words" aria-hidden="true">
          {keyText('Mod-k').map((key) => (
            <span key={key} className="key">
              {key}
            </span>
          ))}
        </span>
      </button>
      <ul>
        {pages.map((page) => (
          <li key={page.name}>
            <Link
              href={hrefOf([page.name])}
              title={`${page.title}: ${page.about} (g ${page.key})`}
              aria-current={page.name === current ? 'page' : undefined}
            >
              <Icon name={page.icon} />
              <span className="words">{page.title}</span>
              <Waiting page={page.name} overview={overview} />
            </Link>
          </li>
        ))}
      </ul>
      <div className="foot">
        <Running overview={overview} />
        <SessionFoot />
        <div className="tools">
          <ThemeChoice />
          <button type="button" onClick={onHelp} title="Keys (?)" aria-label="Keys">
            <Icon name="help" />
          </button>
          <button
            type="button"
            className="fold"
            onClick={fold}
            aria-pressed={isFolded}
            title="Fold the navigation ([)"
            aria-label="Fold the navigation"
          >
            <Icon name="fold" />
          </button>
        </div>
      </div>
    </nav>
  )
}

const logo = new URL('../icon.svg', import.meta.url).href

/** What waits on a page: a count, or a dot where something is wrong. */
function Waiting({
  page,
  overview,
}: {
  readonly page: string
  readonly overview: OverviewAnswer | undefined
}) {
  if (overview === undefined) return null
  const { deadLetters, alarms } = overview.counts
  if (page === 'dead-letters' && deadLetters > 0)
    return <Count tone="bad" value={deadLetters} what="waiting" />
  if (page === 'metrics' && alarms > 0) return <Count tone="warn" value={alarms} what="ringing" />
  const [worst] = overview.troubles
  if (page !== 'pipeline' || worst === undefined) return null
  return (
    <span className={`dot ${worst.tone}`} title={worst.text}>
      <span className="hidden-label">{worst.text}</span>
    </span>
  )
}

function Count({
  tone,
  value,
  what,
}: {
  readonly tone: string
  readonly value: number
  readonly what: string
}) {
  return (
    <span className={`count ${tone}`}>
      {countText(value)}
      <span className="hidden-label"> {what}</span>
    </span>
  )
}

/** Which app on which data, and whether it answers. */
function Running({ overview }: { readonly overview: OverviewAnswer | undefined }) {
  const connection = useConnection()
  const isLost = connection === 'lost'
  const state = isLost
    ? 'does not answer'
    : overview === undefined
      ? 'connecting'
      : overview.app === null
        ? 'no app, data only'
        : overview.app.isStarted
          ? 'running'
          : 'starting'
  const tone = isLost ? 'bad' : overview?.app?.isStarted === true ? 'ok' : 'plain'
  return (
    <div className="running" title={overview?.dataDir}>
      <span className={`dot ${tone}`} aria-hidden="true" />
      <span className="words">
        <strong>{overview?.app?.name ?? 'Millrace'}</strong>
        <span>{state}</span>
        <span className="place">{overview === undefined ? ' ' : shortPlace(overview.dataDir)}</span>
        <span>{overview === undefined ? ' ' : `version ${overview.version}`}</span>
      </span>
    </div>
  )
}

/** The end of a path says most. */
function shortPlace(path: string): string {
  const parts = path.split(/[\\/]/)
  return parts.length <= 3 ? path : `…/${parts.slice(-2).join('/')}`
}

function ThemeChoice() {
  const theme = useTheme()
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
  return (
    <button
      type="button"
      onClick={() => setTheme(next)}
      title={`Theme: ${theme}. Click for ${next}.`}
      aria-label={`Theme: ${theme}. Change to ${next}`}
    >
      <Icon name={theme} />
    </button>
  )
}
