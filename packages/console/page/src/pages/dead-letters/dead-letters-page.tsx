import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'

export default function DeadLettersPage(_props: PageProps) {
  return <Page title="Dead letters">{null}</Page>
}
