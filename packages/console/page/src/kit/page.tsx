/** The frame of a page and of the parts on it. */
import type { ReactNode } from 'react'
import './kit.css'

export interface PageFrame {
  readonly title: ReactNode
  /** Beside the title: what it is, how it is. */
  readonly about?: ReactNode
  /** At the right: what can be done. */
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, about, actions, children }: PageFrame) {
  return (
    <div className="page">
      <header className="page-head">
        <h1>{title}</h1>
        {about}
        {actions === undefined ? null : <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A part with a heading. */
export function Panel({
  title,
  actions,
  children,
  flush = false,
}: {
  readonly title?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** Without room around: for tables, charts and editors. */
  readonly flush?: boolean
}) {
  return (
    <section className="panel">
      {title === undefined && actions === undefined ? null : (
        <header className="panel-head">
          <h2>{title}</h2>
          {actions === undefined ? null : <div className="actions">{actions}</div>}
        </header>
      )}
      {flush ? children : <div className="panel-body">{children}</div>}
    </section>
  )
}

/** Nothing to show, and what to do about it. */
export function Empty({ children, next }: { readonly children: ReactNode; readonly next?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {next === undefined ? null : <p className="next">{next}</p>}
    </div>
  )
}
