import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function MetricsPage(_props: PageProps) {
  return <Page title="Metrics">{null}</Page>
}
