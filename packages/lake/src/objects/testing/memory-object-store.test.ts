import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { describeObjectStore } from '../object-store-contract.ts'
import { MemoryObjectStore } from './memory-object-store.ts'

const clock = new VirtualClock(Date.UTC(2026, 5, 1))

describeObjectStore('The store in memory', {
  open: async () => new MemoryObjectStore({ clock }),
  end: async () => {},
})

test('a put that is killed leaves what a kill leaves', async () => {
  for (const kill of ['begin', 'written', 'visible'] as const) {
    const store = new MemoryObjectStore({
      clock,
      onPutStep: (step) => {
        if (step === kill) throw new Error('killed')
      },
    })
    await expect(store.put('a', { bytes: Buffer.from('x') })).rejects.toThrow('killed')
    expect(store.objects.has('a')).toBe(kill === 'visible')
  }
})
