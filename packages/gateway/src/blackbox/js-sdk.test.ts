/** AWS SDK 3 for JavaScript: every operation over HTTP/2 as the library comes, and over HTTP/1.1. */
import { blackboxCases } from './cases/index.ts'
import { awsServer, limitCases } from './cases/limits.ts'
import { JsSdkClient } from './clients/js-sdk-client.ts'
import { type RunOptions, runCases } from './run-cases.ts'

for (const http of [2, 1] as const) {
  const options: RunOptions = {
    title: `JavaScript SDK 3, HTTP/${http === 2 ? '2' : '1.1'}`,
    kind: 'library',
    client: ({ url, credentials }) => new JsSdkClient({ url, credentials, http }),
  }
  runCases(blackboxCases, options)
  runCases(limitCases, { ...options, server: awsServer })
}
