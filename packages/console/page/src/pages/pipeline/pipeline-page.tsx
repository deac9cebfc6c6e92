/** The pipeline: the graph that lives, or one stage of it. */
import { lazy, Suspense } from 'react'
import type { PageProps } from '../../kit/page-props.ts'
import { Overview } from './overview.tsx'

const StagePage = lazy(() => import('./stage-page.tsx'))

export default function PipelinePage({ parts, query }: PageProps) {
  const [stage] = parts
  if (stage === undefined) return <Overview query={query} />
  return (
    <Suspense fallback={null}>
      <StagePage name={stage} />
    </Suspense>
  )
}
