import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function NotebookPage(_props: PageProps) {
  return <Page title="Notebook">{null}</Page>
}
