/** The shell: navigation at the left, the page that the address names beside it. */
import { Component, type ReactNode, Suspense, useEffect } from 'react'
import { Note } from '../kit/controls.tsx'
import { Empty } from '../kit/page.tsx'
import { hrefOf, Link, usePlace } from '../kit/router.ts'
import { Toasts } from '../kit/toast.tsx'
import { SessionFoot } from './login/session-foot.tsx'
import { pages } from './pages.ts'
import { listenForShortcuts } from './shortcuts.ts'
import './shell.css'

export function App() {
  const { parts, query } = usePlace()
  const name = parts[0] ?? 'pipeline'
  const entry = pages.find((page) => page.name === name)
  useEffect(() => {
    document.title = entry === undefined ? 'Millrace' : `${entry.title} - Millrace`
  }, [entry])
  useEffect(listenForShortcuts, [])
  return (
    <div className="shell">
      <a className="skip button" href="#main">
        Skip to the page
      </a>
      <nav className="nav" aria-label="Pages">
        <div className="brand">Millrace</div>
        {pages.map((page) => (
          <Link
            key={page.name}
            href={hrefOf([page.name])}
            aria-current={page.name === name ? 'page' : undefined}
          >
            {page.title}
          </Link>
        ))}
        <SessionFoot />
      </nav>
      <main className="main" id="main" tabIndex={-1}>
        {entry === undefined ? (
          <Empty next={<Link href={hrefOf([])}>Go to the pipeline</Link>}>There is no page "{name}".</Empty>
        ) : (
          <Failure key={name}>
            <Suspense fallback={null}>
              <entry.page parts={parts.slice(1)} query={query} />
            </Suspense>
          </Failure>
        )}
      </main>
      <Toasts />
    </div>
  )
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
          This page broke: {String(this.state.error)}. Reload it; the pipeline runs on.
        </Note>
      </div>
    )
  }
}
