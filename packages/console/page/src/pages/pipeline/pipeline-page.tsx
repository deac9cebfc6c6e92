import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function PipelinePage(_props: PageProps) {
  return <Page title="Pipeline">{null}</Page>
}
