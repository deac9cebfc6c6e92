/** Buffers of a delivery under virtual time: when they go, where to, and what is in them. */
import { afterEach, describe, expect, it } from 'vitest'
import { DeliveryKit, type KitOptions, settingsOf, tempDir } from './testing/delivery-kit.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function open(options: Omit<KitOptions, 'dir'>): Promise<DeliveryKit> {
  const temp = tempDir()
  opened.push(() => temp.remove())
  const kit = await DeliveryKit.open({ ...options, dir: temp.dir })
  opened.push(() => kit.close())
  return kit
}

/** Keys without what makes them unique. */
function shapes(texts: Record<string, string>): [string, string][] {
  return Object.entries(texts).map(([key, text]) => [
    key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID'),
    text,
  ])
}

describe('a buffer', () => {
  it('goes when its first record is old enough, under the time of the oldest record', async () => {
    const kit = await open({ settings: settingsOf() })
    kit.put(['a', 'b'])
    await kit.advance(59_000)
    kit.put(['c'])
    await kit.advance(999)
    expect(kit.texts()).toEqual({})
    await kit.advance(1)
    expect(shapes(kit.texts())).toEqual([['2026/01/01/12/d-1-2026-01-01-12-00-00-ID', 'abc']])
    expect(kit.app.report()).toMatchObject({
      ledgerBalanced: true,
      stages: [{ name: 'd', kind: 'delivery', in: 3, out: 3, inFlight: 0, emitted: 3 }],
    })
  })

  it('goes when it is full', async () => {
    const kit = await open({ settings: settingsOf({ buffering: { bytes: 10, ms: 60_000 } }) })
    kit.put(['1234', '5678', '90ab', 'cdef', 'ghi'])
    await kit.work()
    expect(Object.values(kit.texts())).toEqual(['1234567890ab'])
    await kit.advance(60_000)
    expect(Object.values(kit.texts()).sort()).toEqual(['1234567890ab', 'cdefghi'])
  })
})
