/**
 * Settings of the Nexmark event stream, with the public benchmark's defaults (nexmark/nexmark): of 50 events 1 is a person,
 * 3 are auctions, 46 bids. Event n has a fixed time and, with the seed, fixed values, so the stream can be read from any
 * event on.
 */
export interface NexmarkConfig {
  readonly seed: number | string
  readonly personProportion: number
  readonly auctionProportion: number
  readonly bidProportion: number
  /** Events per second of event time. */
  readonly eventRate: number
  /** Time of event 0, ms. */
  readonly baseTime: number
  /** Events come in groups of this size, shuffled inside; 1: in order of time. */
  readonly outOfOrderGroupSize: number
  readonly avgPersonBytes: number
  readonly avgAuctionBytes: number
  readonly avgBidBytes: number
  /** One bid (seller, bidder) in this many is not for the hot auction (by the hot person). */
  readonly hotAuctionRatio: number
  readonly hotSellersRatio: number
  readonly hotBiddersRatio: number
  readonly auctionsInFlight: number
  readonly activePeople: number
}

export const nexmarkDefaults: NexmarkConfig = {
  seed: 1,
  personProportion: 1,
  auctionProportion: 3,
  bidProportion: 46,
  eventRate: 10_000,
  baseTime: Date.UTC(2015, 6, 15),
  outOfOrderGroupSize: 1,
  avgPersonBytes: 200,
  avgAuctionBytes: 500,
  avgBidBytes: 100,
  hotAuctionRatio: 2,
  hotSellersRatio: 4,
  hotBiddersRatio: 4,
  auctionsInFlight: 100,
  activePeople: 1000,
}
