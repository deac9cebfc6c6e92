/** The pages of the console, in the order of the navigation. Each is loaded when it is first shown. */
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import type { IconName } from '../kit/icons.tsx'
import type { PageProps } from '../kit/page-props.ts'

export interface PageEntry {
  /** First part of the path. */
  readonly name: string
  readonly title: string
  /** What one finds there, for the command palette. */
  readonly about: string
  /** `g` and then this key go there. */
  readonly key: string
  readonly icon: IconName
  readonly page: LazyExoticComponent<ComponentType<PageProps>>
}

export const pages: readonly PageEntry[] = [
  {
    name: 'pipeline',
    title: 'Pipeline',
    about: 'what flows where, how fast, and what holds it up',
    key: 'p',
    icon: 'pipeline',
    page: lazy(() => import('../pages/pipeline/pipeline-page.tsx')),
  },
  {
    name: 'streams',
    title: 'Streams',
    about: 'shards, limits, a live tail, puts',
    key: 's',
    icon: 'streams',
    page: lazy(() => import('../pages/streams/streams-page.tsx')),
  },
  {
    name: 'notebook',
    title: 'Notebook',
    about: 'SQL against streams, tables and the lake',
    key: 'n',
    icon: 'notebook',
    page: lazy(() => import('../pages/notebook/notebook-page.tsx')),
  },
  {
    name: 'tables',
    title: 'Tables',
    about: 'items by key and index, and their changes',
    key: 't',
    icon: 'tables',
    page: lazy(() => import('../pages/tables/tables-page.tsx')),
  },
  {
    name: 'lake',
    title: 'Lake',
    about: 'datasets, files, SQL, charts and dashboards',
    key: 'l',
    icon: 'lake',
    page: lazy(() => import('../pages/lake/lake-page.tsx')),
  },
  {
    name: 'dead-letters',
    title: 'Dead letters',
    about: 'what failed, why, and how to send it again',
    key: 'd',
    icon: 'dead-letters',
    page: lazy(() => import('../pages/dead-letters/dead-letters-page.tsx')),
  },
  {
    name: 'metrics',
    title: 'Metrics',
    about: 'AWS names by stream, function and delivery, and alarms',
    key: 'm',
    icon: 'metrics',
    page: lazy(() => import('../pages/metrics/metrics-page.tsx')),
  },
]
