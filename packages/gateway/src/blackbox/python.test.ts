/**
 * boto3 and the AWS CLI: every operation that they have. Without a Python that has them the tests are skipped, but not in
 * continuous integration, which installs them (.ci/run).
 */
import { afterAll, describe, expect, test } from 'vitest'
import { blackboxCases } from './cases/index.ts'
import { awsServer, limitCases } from './cases/limits.ts'
import { PythonClient, PythonDriver } from './clients/python-client.ts'
import { type RunOptions, runCases } from './run-cases.ts'

const driver = await PythonDriver.start()
afterAll(() => driver?.close())

for (const library of ['boto3', 'cli'] as const) {
  const title = library === 'boto3' ? 'boto3' : 'AWS CLI'
  const operations = driver?.libraries.operations[library] ?? []
  if (driver === undefined || !operations.includes('UpdateMaxRecordSize')) {
    const where = process.env.MILLRACE_PYTHON ?? 'python3'
    const version = driver?.libraries[library]
    const reason =
      version == null ? `has no ${title}` : `has ${title} ${version}, from before the API of 2025`
    describe(title, () => {
      test.skipIf(process.env.CI === undefined)(`${where} ${reason}`, () => expect.fail(reason))
    })
    continue
  }
  const options: RunOptions = {
    title,
    kind: 'library',
    has: (operation) => operations.includes(operation),
    client: ({ url, credentials }) => new PythonClient({ driver, library, url, credentials }),
  }
  runCases(blackboxCases, options)
  runCases(limitCases, { ...options, server: awsServer })
}
