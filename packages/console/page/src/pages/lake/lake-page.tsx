/** The lake: datasets, SQL, buckets, deliveries, and dashboards of charts. Each part is at a path of its own below /console/lake. */
import type { ReactNode } from 'react'
import { Empty, Page } from '../../kit/page.tsx'
import type { PageProps } from '../../kit/page-props.ts'
import { hrefOf, Link } from '../../kit/router.ts'
import { BucketsView } from './buckets/buckets-view.tsx'
import { ChartsView } from './dashboards/charts-view.tsx'
import { DashboardView } from './dashboards/dashboard-view.tsx'
import { DashboardsView } from './dashboards/dashboards-view.tsx'
import { DatasetsView } from './datasets/datasets-view.tsx'
import { TableView } from './datasets/table-view.tsx'
import { DeliveriesView } from './deliveries/deliveries-view.tsx'
import { Workbench } from './sql/workbench.tsx'
import './lake.css'

const parts = [
  ['', 'Datasets'],
  ['sql', 'SQL'],
  ['dashboards', 'Dashboards'],
  ['charts', 'Charts'],
  ['buckets', 'Buckets'],
  ['deliveries', 'Deliveries'],
] as const

export default function LakePage({ parts: path, query }: PageProps) {
  const [part = '', first, second] = path
  if (part === 'tables' && first !== undefined && second !== undefined)
    return <TableView key={`${first}.${second}`} database={first} name={second} query={query} />
  if (part === 'dashboards' && first !== undefined)
    return <DashboardView key={first} name={first} query={query} />
  return (
    <Page title="Lake" about={<LakeNav part={part} />}>
      {viewOf(part, query)}
    </Page>
  )
}

function viewOf(part: string, query: URLSearchParams): ReactNode {
  switch (part) {
    case '':
      return <DatasetsView query={query} />
    case 'sql':
      return <Workbench query={query} />
    case 'dashboards':
      return <DashboardsView query={query} />
    case 'charts':
      return <ChartsView query={query} />
    case 'buckets':
      return <BucketsView query={query} />
    case 'deliveries':
      return <DeliveriesView query={query} />
    default:
      return (
        <Empty next={<Link href={hrefOf(['lake'])}>Go to the datasets</Link>}>
          The lake has no part "{part}".
        </Empty>
      )
  }
}

function LakeNav({ part }: { readonly part: string }) {
  return (
    <nav className="lake-subnav" aria-label="Parts of the lake">
      {parts.map(([name, title]) => (
        <Link
          key={name}
          href={hrefOf(name === '' ? ['lake'] : ['lake', name])}
          aria-current={name === part ? 'page' : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  )
}
