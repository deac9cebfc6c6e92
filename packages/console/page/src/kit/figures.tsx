/** Figures beside each other: a name, a number, and what one should think of it. The row keeps its height while numbers change. */
import type { ReactNode } from 'react'
import type { Tone } from './controls.tsx'
import './figures.css'

export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className="figures">{children}</dl>
}

export function Figure({
  name,
  value,
  about,
  tone = 'plain',
}: {
  readonly name: string
  /** Undefined: not known yet. */
  readonly value: ReactNode
  /** In small letters below: a limit, a comparison. */
  readonly about?: ReactNode
  readonly tone?: Tone
}) {
  return (
    <div className={`figure ${tone}`}>
      <dt>{name}</dt>
      <dd>
        <span className="value">{value ?? '–'}</span>
        {about === undefined ? null : <span className="about">{about}</span>}
      </dd>
    </div>
  )
}
