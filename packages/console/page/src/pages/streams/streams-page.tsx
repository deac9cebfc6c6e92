import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function StreamsPage(_props: PageProps) {
  return <Page title="Streams">{null}</Page>
}
