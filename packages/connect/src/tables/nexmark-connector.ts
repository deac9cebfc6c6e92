/** `'connector' = 'nexmark'`: the benchmark's events, with the options of the public connector. */
import { ConnectError, shown } from '../errors.ts'
import { nexmarkDefaults } from '../nexmark/nexmark-config.ts'
import { nexmark } from '../nexmark/nexmark-source.ts'
import { integerOption, type TableConnector } from './table-connector.ts'

const whole = { min: 1, max: 1_000_000_000 }

export const nexmarkConnector: TableConnector = {
  name: 'nexmark',
  options: [
    'events.num',
    'first-event.rate',
    'next-event.rate',
    'person.proportion',
    'auction.proportion',
    'bid.proportion',
    'seed',
    'base-time',
    'rate-limited',
    'out-of-order.group-size',
    'keep-alive',
    'stop-at',
    'max-emit-speed',
  ],
  source(table) {
    if (table.options['partition-key'] !== undefined)
      throw new ConnectError(
        'TABLE_OPTION',
        `table ${table.name}: 'partition-key' is ${shown(table.options['partition-key'])}, but events of the benchmark are keyed by their own ids: person, auction, or the auction of a bid. Leave the option out.`,
      )
    const option = (name: string) => integerOption(table, name, whole)
    const events = integerOption(table, 'events.num', { min: 0, max: Number.MAX_SAFE_INTEGER })
    const eventRate = option('first-event.rate') ?? nexmarkDefaults.eventRate
    return nexmark({
      eventRate,
      personProportion: option('person.proportion') ?? nexmarkDefaults.personProportion,
      auctionProportion: option('auction.proportion') ?? nexmarkDefaults.auctionProportion,
      bidProportion: option('bid.proportion') ?? nexmarkDefaults.bidProportion,
      outOfOrderGroupSize: option('out-of-order.group-size') ?? 1,
      seed: table.options.seed ?? nexmarkDefaults.seed,
      baseTime: integerOption(table, 'base-time', { min: 0, max: 8e15 }) ?? nexmarkDefaults.baseTime,
      // As in the public generator, 0 events stand for an endless stream.
      ...(events === undefined || events === 0 ? {} : { events }),
      ...(table.options['rate-limited'] === 'true' ? { rate: eventRate } : {}),
    })
  },
}
