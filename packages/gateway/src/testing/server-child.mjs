/**
 * A gateway in a process of its own, which a test kills: node server-child.mjs DATA_DIRECTORY. Says its address once it
 * answers. Plain JavaScript over the built package, since Node 20 runs no TypeScript.
 */
import { randomInt } from 'node:crypto'
import { openStoredDeliveries, openStoreGateway } from '@millrace/gateway'
import { openStore } from '@millrace/store'
import { systemClock as clock, seededRandom } from '@millrace/values'

const store = await openStore({ dir: process.argv[2], clock })
const gateway = await openStoreGateway({
  store,
  clock,
  random: seededRandom(randomInt(2 ** 31)),
  port: 0,
  auth: { mode: 'lenient' },
  deliveries: (meter) =>
    openStoredDeliveries({
      store,
      clock,
      random: seededRandom(randomInt(2 ** 31)),
      meter,
      region: 'us-east-1',
    }),
})
process.stdout.write(`${gateway.url}\n`)
