import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function LakePage(_props: PageProps) {
  return <Page title="Lake">{null}</Page>
}
