/**
 * Source `nexmark`: the events of the public benchmark as JSON records of one table (event_type, person, auction, bid), in
 * the order of their numbers. The partition key is the event's own id, so that people, auctions and bids spread.
 */
import type { SourceFactory } from '@millrace/runtime'
import { countedSource } from '../counted-source.ts'
import { assertIntegerOption, assertPositiveOption } from '../errors.ts'
import { type NexmarkConfig, nexmarkDefaults } from './nexmark-config.ts'
import { type NexmarkEvent, nexmarkEvent } from './nexmark-event.ts'
import { nexmarkJson } from './nexmark-row.ts'

export interface NexmarkOptions extends Partial<NexmarkConfig> {
  /** How many events; endless if absent. */
  readonly events?: number
  /** Events per second of real time; as fast as possible if absent. */
  readonly rate?: number
}

export function nexmark(options: NexmarkOptions = {}): SourceFactory {
  const { events, rate, ...settings } = options
  const config: NexmarkConfig = { ...nexmarkDefaults, ...settings }
  if (events !== undefined)
    assertIntegerOption('nexmark', 'events', events, { min: 0, max: Number.MAX_SAFE_INTEGER })
  if (rate !== undefined) assertPositiveOption('nexmark', 'rate', rate, 10_000_000)
  for (const name of ['personProportion', 'auctionProportion', 'bidProportion'] as const)
    assertIntegerOption('nexmark', name, config[name], {
      min: name === 'bidProportion' ? 0 : 1,
      max: 1_000_000,
    })
  return countedSource({
    name: 'nexmark',
    count: events ?? Number.POSITIVE_INFINITY,
    rate,
    identity: JSON.stringify(config),
    record: (index) => {
      const event = nexmarkEvent(config, index)
      return { key: keyOf(event), data: nexmarkJson(event) }
    },
  })
}

function keyOf(event: NexmarkEvent): string {
  if (event.kind === 'person') return `p${event.person.id}`
  return event.kind === 'auction' ? `a${event.auction.id}` : `a${event.bid.auction}`
}
