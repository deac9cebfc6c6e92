import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function TablesPage(_props: PageProps) {
  return <Page title="Tables">{null}</Page>
}
