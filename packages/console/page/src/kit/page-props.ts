/** What a page is given. */
export interface PageProps {
  /** Of the path, behind the page's own name: `['orders']` for /console/streams/orders. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
}
