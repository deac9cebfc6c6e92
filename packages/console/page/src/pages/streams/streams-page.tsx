/** Streams: the list, or one of them. The address says which, and what is shown of it. */
import type { PageProps } from '../../kit/page-props.ts'
import { StreamList } from './stream-list.tsx'
import { StreamView } from './stream-view.tsx'
import './streams.css'

export default function StreamsPage({ parts, query }: PageProps) {
  const [name] = parts
  return name === undefined ? (
    <StreamList query={query} />
  ) : (
    <StreamView key={name} name={name} query={query} />
  )
}
