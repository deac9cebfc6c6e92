/** AWS SDK 3 for JavaScript: every operation over HTTP/2 as the library comes, and over HTTP/1.1. */
import { blackboxCases } from './cases/index.ts'
import { JsSdkClient } from './clients/js-sdk-client.ts'
import { runCases } from './run-cases.ts'

for (const http of [2, 1] as const) {
  runCases(blackboxCases, {
    title: `JavaScript SDK 3, HTTP/${http === 2 ? '2' : '1.1'}`,
    kind: 'library',
    client: ({ url, credentials }) => new JsSdkClient({ url, credentials, http }),
  })
}
