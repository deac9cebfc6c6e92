/**
 * The Firehose API by clients that people use: the AWS SDK 3 for JavaScript, boto3, the AWS CLI, and plain JSON. Without a Python
 * that has its libraries those tests are skipped, but not in continuous integration, which installs them (.ci/run).
 */
import { systemClock, VirtualClock } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { awsLimits } from '../../kinesis/kinesis-limits.ts'
import type { TestServer, TestServerOptions } from '../../testing/test-server.ts'
import type { BlackboxClient } from '../client.ts'
import { PythonDriver } from '../clients/python-client.ts'
import { type RunServiceOptions, runServiceCases } from '../run-service-cases.ts'
import { DeliveryWorld } from './cases/delivery-world.ts'
import { allDeliveryCases } from './cases/index.ts'
import { deliveryLimitCases } from './cases/limits.ts'
import { jsDeliveryClient, plainDeliveryClient, pythonDeliveryClient } from './delivery-clients.ts'

const driver = await PythonDriver.start()
afterAll(() => driver?.close())

/** Client libraries sign with the machine's clock, so the server's begins there and minds no difference. */
const atRest = (): TestServerOptions => ({
  clock: new VirtualClock(systemClock.now()),
  clockSkewMs: 365 * 86_400_000,
})

function run(
  options: Pick<RunServiceOptions<DeliveryWorld>, 'title' | 'kind' | 'has'> & {
    readonly client: (server: TestServer) => BlackboxClient
  },
): void {
  const around = {
    ...options,
    admin: plainDeliveryClient,
    world: (server: TestServer, admin: BlackboxClient) => new DeliveryWorld(server, admin),
  }
  runServiceCases(allDeliveryCases, { ...around, server: atRest })
  runServiceCases(deliveryLimitCases, { ...around, server: () => ({ ...atRest(), limits: awsLimits }) })
}

run({ title: 'JavaScript SDK 3', kind: 'library', client: jsDeliveryClient })

for (const library of ['boto3', 'cli'] as const) {
  const title = library === 'boto3' ? 'boto3' : 'AWS CLI'
  const operations = driver?.libraries.services[library]?.firehose
  if (driver === undefined || operations === undefined) {
    describe(title, () => {
      test.skipIf(process.env.CI === undefined)(`there is no ${title}`, () => expect.fail(`no ${title}`))
    })
    continue
  }
  run({
    title,
    kind: 'library',
    has: (operation) => operations.includes(operation),
    client: (server) => pythonDeliveryClient(server, { driver, library }),
  })
}

run({ title: 'Plain JSON', kind: 'plain', client: plainDeliveryClient })
