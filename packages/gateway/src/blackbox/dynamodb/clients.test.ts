/**
 * The API of tables by clients that people use: the AWS SDK 3 for JavaScript, boto3, the AWS CLI, and plain JSON. Without a
 * Python that has its libraries those tests are skipped, but not in continuous integration, which installs them (.ci/run).
 */
import { afterAll, describe, expect, test } from 'vitest'
import { PythonDriver } from '../clients/python-client.ts'
import { allTableCases } from './cases/index.ts'
import { serviceOf } from './cases/table-case.ts'
import { jsTableClient, plainTableClient, pythonTableClient } from './clients/table-clients.ts'
import { runTableCases } from './run-table-cases.ts'

const driver = await PythonDriver.start()
afterAll(() => driver?.close())

runTableCases(allTableCases, {
  title: 'JavaScript SDK 3',
  kind: 'library',
  client: jsTableClient,
})

for (const library of ['boto3', 'cli'] as const) {
  const title = library === 'boto3' ? 'boto3' : 'AWS CLI'
  const services = driver?.libraries.services[library] ?? {}
  if (driver === undefined || services.dynamodb === undefined) {
    describe(title, () => {
      test.skipIf(process.env.CI === undefined)(`there is no ${title}`, () => expect.fail(`no ${title}`))
    })
    continue
  }
  runTableCases(allTableCases, {
    title,
    kind: 'library',
    has: (operation) => services[serviceOf(operation)]?.includes(operation) === true,
    client: (server) => pythonTableClient(server, { driver, library }),
  })
}

runTableCases(allTableCases, { title: 'Plain JSON', kind: 'plain', client: plainTableClient })
