/** What each tab of a stream's page is given, and words that they share. */
import type { StreamAnswer } from '../../../../src/protocol/streams.ts'

export interface StreamTabProps {
  readonly name: string
  readonly query: URLSearchParams
  /** Undefined until it is known. */
  readonly stream: StreamAnswer | undefined
}

export function percentText(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1 %'
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}
