/** One stage in detail. */
import { Page } from '../../kit/page.tsx'

export default function StagePage({ name }: { readonly name: string }) {
  return <Page title={name}>{null}</Page>
}
