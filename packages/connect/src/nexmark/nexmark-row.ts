/** Nexmark events in the shape of the benchmark's one table: event_type and three rows of which one is set. */
import type { NexmarkEvent } from './nexmark-event.ts'

/** [event_type, person, auction, bid]: rows as arrays in the order of the columns, times in ms. */
export type NexmarkRow = readonly [
  type: number,
  person: readonly (number | string)[] | null,
  auction: readonly (number | string)[] | null,
  bid: readonly (number | string)[] | null,
]

export function nexmarkRow(event: NexmarkEvent): NexmarkRow {
  switch (event.kind) {
    case 'person': {
      const { id, name, emailAddress, creditCard, city, state, dateTime, extra } = event.person
      return [0, [id, name, emailAddress, creditCard, city, state, dateTime, extra], null, null]
    }
    case 'auction': {
      const a = event.auction
      return [
        1,
        null,
        [
          a.id,
          a.itemName,
          a.description,
          a.initialBid,
          a.reserve,
          a.dateTime,
          a.expires,
          a.seller,
          a.category,
          a.extra,
        ],
        null,
      ]
    }
    case 'bid': {
      const { auction, bidder, price, channel, url, dateTime, extra } = event.bid
      return [2, null, null, [auction, bidder, price, channel, url, dateTime, extra]]
    }
  }
}

/** The event as a JSON record of the table: times as 'yyyy-MM-dd HH:mm:ss.SSS'. */
export function nexmarkJson(event: NexmarkEvent): string {
  const times = (key: string, value: unknown) =>
    key === 'dateTime' || key === 'expires'
      ? new Date(Number(value)).toISOString().slice(0, -1).replace('T', ' ')
      : value
  switch (event.kind) {
    case 'person':
      return JSON.stringify({ event_type: 0, person: event.person }, times)
    case 'auction':
      return JSON.stringify({ event_type: 1, auction: event.auction }, times)
    case 'bid':
      return JSON.stringify({ event_type: 2, bid: event.bid }, times)
  }
}
