/**
 * The events of Nexmark: people, auctions and bids, by the public benchmark's rules of identity, time, price and size. Ids
 * follow from the event's number alone; everything else is drawn from a random sequence that belongs to the event.
 *
 * Differences from the public generator, which draws from one unseeded sequence: ours is seeded, and each event has a
 * sequence of its own, so that a reader can go on at any event. The distributions are the same.
 */
import { type Random, randomAt } from '@millrace/values'
import type { NexmarkConfig } from './nexmark-config.ts'
import { bidChannel, extraText, randomText } from './nexmark-text.ts'

export interface NexmarkPerson {
  readonly id: number
  readonly name: string
  readonly emailAddress: string
  readonly creditCard: string
  readonly city: string
  readonly state: string
  /** ms. */
  readonly dateTime: number
  readonly extra: string
}
export interface NexmarkAuction {
  readonly id: number
  readonly itemName: string
  readonly description: string
  readonly initialBid: number
  readonly reserve: number
  readonly dateTime: number
  readonly expires: number
  readonly seller: number
  readonly category: number
  readonly extra: string
}
export interface NexmarkBid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly url: string
  readonly dateTime: number
  readonly extra: string
}
export type NexmarkEvent =
  | { readonly kind: 'person'; readonly person: NexmarkPerson }
  | { readonly kind: 'auction'; readonly auction: NexmarkAuction }
  | { readonly kind: 'bid'; readonly bid: NexmarkBid }

const firstAuctionId = 1000
const firstPersonId = 1000
const firstCategoryId = 10
const categories = 5
/** Ids that do not exist yet may be named, so that events seem swapped in time. */
const idLead = 10
/** People and auctions come in batches of this size, each with one that is hot. */
const hotBatch = 100

const states = 'AZ,CA,ID,OR,WA,WY'.split(',')
const cities = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(
  ',',
)
const firstNames = 'Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(',')
const lastNames = 'Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(',')

/** The n-th event that comes, from 0. */
export function nexmarkEvent(config: NexmarkConfig, n: number): NexmarkEvent {
  const group = config.outOfOrderGroupSize
  const id = group === 1 ? n : Math.floor(n / group) * group + ((n * 953) % group)
  const time = timeOf(config, id)
  const random = randomAt(config.seed, id)
  const place = id % (config.personProportion + config.auctionProportion + config.bidProportion)
  if (place < config.personProportion) return { kind: 'person', person: person(config, id, time, random) }
  if (place < config.personProportion + config.auctionProportion)
    return { kind: 'auction', auction: auction(config, id, time, random) }
  return { kind: 'bid', bid: bid(config, id, time, random) }
}

function person(config: NexmarkConfig, event: number, dateTime: number, random: Random): NexmarkPerson {
  const name = `${pick(firstNames, random)} ${pick(lastNames, random)}`
  const emailAddress = `${randomText(random, 7)}@${randomText(random, 5)}.com`
  const creditCard = Array.from({ length: 4 }, () => String(random.below(10_000)).padStart(4, '0')).join(' ')
  const city = pick(cities, random)
  const state = pick(states, random)
  const size = 8 + name.length + emailAddress.length + creditCard.length + city.length + state.length
  return {
    id: lastPerson(config, event) + firstPersonId,
    name,
    emailAddress,
    creditCard,
    city,
    state,
    dateTime,
    extra: extraText(random, size, config.avgPersonBytes),
  }
}

function auction(config: NexmarkConfig, event: number, dateTime: number, random: Random): NexmarkAuction {
  const seller =
    random.below(config.hotSellersRatio) > 0
      ? Math.floor(lastPerson(config, event) / hotBatch) * hotBatch
      : activePerson(config, event, random)
  const category = firstCategoryId + random.below(categories)
  const initialBid = price(random)
  const expires = dateTime + auctionLength(config, event, dateTime, random)
  const itemName = randomText(random, 20)
  const description = randomText(random, 100)
  return {
    id: lastAuction(config, event) + firstAuctionId,
    itemName,
    description,
    initialBid,
    reserve: initialBid + price(random),
    dateTime,
    expires,
    seller: seller + firstPersonId,
    category,
    extra: extraText(random, 48 + itemName.length + description.length, config.avgAuctionBytes),
  }
}

function bid(config: NexmarkConfig, event: number, dateTime: number, random: Random): NexmarkBid {
  const last = lastAuction(config, event)
  const auctionId =
    random.below(config.hotAuctionRatio) > 0
      ? Math.floor(last / hotBatch) * hotBatch
      : auctionInFlight(config, last, random)
  // The second person of the batch, so that hot bidders are not hot sellers.
  const bidder =
    random.below(config.hotBiddersRatio) > 0
      ? Math.floor(lastPerson(config, event) / hotBatch) * hotBatch + 1
      : activePerson(config, event, random)
  const amount = price(random)
  const { channel, url } = bidChannel(random)
  return {
    auction: auctionId + firstAuctionId,
    // The public generator adds the first id twice; so do we, to have the same matches.
    bidder: bidder + 2 * firstPersonId,
    price: amount,
    channel,
    url,
    dateTime,
    extra: extraText(random, 32, config.avgBidBytes),
  }
}

function timeOf(config: NexmarkConfig, event: number): number {
  return config.baseTime + Math.floor((event * 1000) / config.eventRate)
}

function price(random: Random): number {
  return Math.round(10 ** (random.next() * 6) * 100)
}

/** The last person that exists when the event comes; the event's own if it is one. */
function lastPerson(
  { personProportion, auctionProportion, bidProportion }: NexmarkConfig,
  event: number,
): number {
  const total = personProportion + auctionProportion + bidProportion
  return Math.floor(event / total) * personProportion + Math.min(event % total, personProportion - 1)
}

function lastAuction(
  { personProportion, auctionProportion, bidProportion }: NexmarkConfig,
  event: number,
): number {
  const total = personProportion + auctionProportion + bidProportion
  let round = Math.floor(event / total)
  let place = event % total
  if (place < personProportion) {
    round--
    place = auctionProportion - 1
  } else place = Math.min(place - personProportion, auctionProportion - 1)
  return round * auctionProportion + place
}

function activePerson(config: NexmarkConfig, event: number, random: Random): number {
  const people = lastPerson(config, event) + 1
  const active = Math.min(people, config.activePeople)
  return people - active + random.below(active + idLead)
}

function auctionInFlight(config: NexmarkConfig, last: number, random: Random): number {
  const first = Math.max(last - config.auctionsInFlight, 0)
  return first + random.below(Math.max(last - first, 0) + 1 + idLead)
}

/** On average as long as it takes until `auctionsInFlight` more auctions have come. */
function auctionLength(config: NexmarkConfig, event: number, dateTime: number, random: Random): number {
  const total = config.personProportion + config.auctionProportion + config.bidProportion
  const events = Math.floor((config.auctionsInFlight * total) / config.auctionProportion)
  const horizon = timeOf(config, event + events) - dateTime
  return 1 + random.below(Math.max(horizon * 2, 1))
}

function pick(words: readonly string[], random: Random): string {
  return words[random.below(words.length)]!
}
