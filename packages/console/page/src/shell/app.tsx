/** The shell: navigation at the left, the page that the address names beside it, and what holds for all pages. */
import { Component, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { Button, Note } from '../kit/controls.tsx'
import { Empty } from '../kit/page.tsx'
import { go, hrefOf, Link, usePlace } from '../kit/router.ts'
import { setTheme, themes, useTheme } from '../kit/theme.ts'
import { Toasts } from '../kit/toast.tsx'
import { ConnectionBar } from './connection-bar.tsx'
import { Help } from './help.tsx'
import { Nav } from './nav.tsx'
import { type PageEntry, pages } from './pages.ts'
import { type Command, Palette } from './palette.tsx'
import { listenForShortcuts, useShortcut } from './shortcuts.ts'
import { Story } from './story.tsx'
import { useOverview } from './use-overview.ts'
import './shell.css'

export function App() {
  const { parts, query } = usePlace()
  const overview = useOverview()
  const [over, setOver] = useState<'palette' | 'help' | undefined>()
  const name = parts[0] ?? 'pipeline'
  const entry = pages.find((page) => page.name === name)
  const app = overview?.app?.name
  const main = usePageChange(entry, parts, app)
  const openPalette = () => setOver('palette')
  const openHelp = () => setOver('help')
  const close = () => setOver(undefined)

  useEffect(listenForShortcuts, [])
  useShortcut('Mod-k', 'Go to a page or thing, or do something', openPalette, { isGlobal: true })
  useShortcut('?', 'Show the keys', openHelp, { isGlobal: true })
  useShortcut('/', 'Filter what the page shows', focusFilter, { isGlobal: true })
  const commands = useCommands(openHelp)
  return (
    <div className="shell">
      <a className="skip button" href="#main">
        Skip to the page
      </a>
      {pages.map((page) => (
        <GoTo key={page.name} page={page} />
      ))}
      <Nav current={name} overview={overview} onSearch={openPalette} onHelp={openHelp} />
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <ConnectionBar />
        <Story overview={overview} path={hrefOf(parts.length === 0 ? ['pipeline'] : parts)} />
        {entry === undefined ? (
          <Empty next={<Link href={hrefOf([])}>Go to the pipeline</Link>}>There is no page "{name}".</Empty>
        ) : (
          <Failure key={name}>
            <Suspense fallback={<div className="page" />}>
              <entry.page parts={parts.slice(1)} query={query} />
            </Suspense>
          </Failure>
        )}
      </main>
      {over === 'palette' ? <Palette commands={commands} onClose={close} /> : null}
      {over === 'help' ? <Help onClose={close} /> : null}
      <Toasts />
    </div>
  )
}

function GoTo({ page }: { readonly page: PageEntry }) {
  useShortcut(`g ${page.key}`, page.title, () => go(hrefOf([page.name])), { isGlobal: true })
  return null
}

/**
 * The title of the window names the page and the thing on it. When the page changes the focus goes to it, so that a screen reader reads
 * it and Tab goes on from there; what is on the page is the page's own to tell.
 */
function usePageChange(entry: PageEntry | undefined, parts: readonly string[], app: string | undefined) {
  const main = useRef<HTMLElement>(null)
  const title = [...parts.slice(1).reverse(), entry?.title ?? 'Millrace', app ?? 'Millrace'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
  const shown = useRef(entry)
  useEffect(() => {
    if (shown.current === entry) return
    shown.current = entry
    main.current?.focus({ preventScroll: true })
    main.current?.scrollTo(0, 0)
  }, [entry])
  return main
}

function useCommands(openHelp: () => void): readonly Command[] {
  const theme = useTheme()
  return useMemo(
    () => [
      ...themes
        .filter((one) => one !== theme)
        .map(
          (one): Command => ({
            title: one === 'system' ? 'Theme of the system' : `${one === 'dark' ? 'Dark' : 'Light'} theme`,
            about: 'change how the console looks',
            icon: one,
            run: () => setTheme(one),
          }),
        ),
      { title: 'Show the keys', about: 'what the keyboard does here', icon: 'help', key: '?', run: openHelp },
    ],
    [theme, openHelp],
  )
}

/** The first one that is shown; a drawer's before the page's. */
function focusFilter(): void {
  const fields = [...document.querySelectorAll<HTMLInputElement>('.drawer [data-filter], main [data-filter]')]
  const field = fields.find((one) => one.checkVisibility())
  field?.focus()
  field?.select()
}

/** A page that breaks says so and leaves the others usable. */
class Failure extends Component<{ readonly children: ReactNode }, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {}

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <div className="page">
        <Note tone="bad" code="PAGE_FAILED">
          This page broke: {String(this.state.error)}. Load it again; the pipeline runs on. If Millrace was
          updated meanwhile, that is why.
        </Note>
        <p>
          <Button onClick={() => window.location.reload()}>Load it again</Button>
        </p>
      </div>
    )
  }
}
