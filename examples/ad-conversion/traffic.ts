/** Clicks and orders of a shop, those of a minute at its beginning: the n-th is the same in every run. */
import { type Source, type SourceFactory, seededRandom } from 'millrace'

export interface Click {
  readonly UserId: string
  readonly Device: string
  /** The part of the page that was clicked: P601 is a promotion, C301 the checkout. */
  readonly Event: string
  readonly EventType: 'Promotion' | 'Checkout'
  readonly Timestamp: string
}

export interface Order {
  readonly OrderId: number
  readonly OrderedAt: string
  /** At most one of each promotion. */
  readonly Lines: readonly OrderLine[]
}

export interface OrderLine {
  readonly ItemId: string
  /** The promotion through which the item was found. */
  readonly Promotion: string
  readonly UnitPrice: number
  readonly Quantity: number
}

export const promotions = ['P601', 'P602', 'P701', 'P702'] as const
const devices = ['phone', 'tablet', 'desktop'] as const
const encoder = new TextEncoder()

export function clickAt(n: number, time: number): Click {
  const random = seededRandom(`click ${n}`)
  const isCheckout = random.below(5) === 0
  return {
    UserId: `user-${random.below(50)}`,
    Device: devices[random.below(devices.length)]!,
    Event: isCheckout ? 'C301' : promotions[random.below(promotions.length)]!,
    EventType: isCheckout ? 'Checkout' : 'Promotion',
    Timestamp: new Date(time).toISOString(),
  }
}

export function orderAt(n: number, time: number): Order {
  const random = seededRandom(`order ${n}`)
  const first = random.below(promotions.length)
  const lines = Array.from({ length: 1 + random.below(2) }, (_, i) => ({
    ItemId: `item-${random.below(200)}`,
    Promotion: promotions[(first + i) % promotions.length]!,
    UnitPrice: (100 + random.below(9_900)) / 100,
    Quantity: 1 + random.below(3),
  }))
  return { OrderId: n, OrderedAt: new Date(time).toISOString(), Lines: lines }
}

export interface TrafficOptions<T> {
  readonly count: number
  readonly perMinute: number
  readonly make: (n: number, time: number) => T
  readonly keyOf: (event: T) => string
}

export function traffic<T>({ count, perMinute, make, keyOf }: TrafficOptions<T>): SourceFactory {
  return ({ position, clock, signal, route }): Source => {
    // Only this source writes its position.
    let n = (position as number | undefined) ?? 0
    const begunAt = clock.now() - (n / perMinute) * 60_000
    return {
      async read(builders) {
        const time = begunAt + (n / perMinute) * 60_000
        await clock.sleep(time - clock.now(), signal)
        if (signal.aborted || n >= count) return { position: n, taken: 0, dead: [], done: n >= count }
        const end = Math.min(count, n + perMinute)
        const taken = end - n
        for (; n < end; n++) {
          const event = make(n, time)
          const key = encoder.encode(keyOf(event))
          const data = encoder.encode(JSON.stringify(event))
          builders[route(key, 0, key.length)]!.add(key, 0, key.length, data, 0, data.length, 0)
        }
        return { position: n, taken, dead: [], done: n >= count }
      },
      async close() {},
    }
  }
}
