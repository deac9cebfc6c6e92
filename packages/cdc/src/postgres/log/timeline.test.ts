import { expect, test } from 'vitest'
import { timelineEnd } from './timeline.ts'

test('a history says where each timeline ended', () => {
  const history =
    '1\t0/179CB38\tno recovery target specified\n\n2\t1/20000000\tbefore 2000-01-01 00:00:00+00\n'
  expect(timelineEnd(history, 1)).toBe(0x179cb38n)
  expect(timelineEnd(history, 2)).toBe(0x1_20000000n)
  expect(timelineEnd(history, 3)).toBeUndefined()
  expect(timelineEnd('', 1)).toBeUndefined()
})
