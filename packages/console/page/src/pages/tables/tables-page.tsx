/** Keyed tables: all of them, or the one that the address names. */
import { Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'
import { TableList } from './table-list.tsx'
import { TableView } from './table-view.tsx'
import './tables.css'

export default function TablesPage({ parts, query }: PageProps) {
  const [name] = parts
  if (name !== undefined) return <TableView key={name} name={name} query={query} />
  return (
    <Page title="Tables">
      <TableList query={query} />
    </Page>
  )
}
