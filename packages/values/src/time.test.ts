import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  civilFromDays,
  dateMax,
  dateMin,
  dayMs,
  daysFromCivil,
  formatDate,
  formatTime,
  formatTimestamp,
  parseDate,
  parseTime,
  parseTimestamp,
  timestampMax,
  timestampMin,
} from './time.ts'

const timestamp = fc.integer({ min: timestampMin, max: timestampMax })

test('a formatted timestamp is the platform’s, and reads back as itself', () => {
  fc.assert(
    fc.property(timestamp, (ms) => {
      const iso = new Date(ms).toISOString()
      expect(formatTimestamp(ms)).toBe(iso.replace('T', ' ').replace('Z', ''))
      expect(parseTimestamp(formatTimestamp(ms))).toBe(ms)
      expect(parseTimestamp(iso)).toBe(ms)
    }),
  )
})

test('days and civil dates are inverse over the whole range', () => {
  fc.assert(
    fc.property(fc.integer({ min: dateMin, max: dateMax }), (days) => {
      const { year, month, day } = civilFromDays(days)
      expect(daysFromCivil(year, month, day)).toBe(days)
      expect(new Date(days * dayMs).toISOString().slice(0, 10)).toBe(formatDate(days))
      expect(parseDate(formatDate(days))).toBe(days)
    }),
  )
  expect(civilFromDays(dateMin)).toEqual({ year: 1, month: 1, day: 1 })
  expect(civilFromDays(dateMax)).toEqual({ year: 9999, month: 12, day: 31 })
})

test('an offset moves the time to UTC', () => {
  fc.assert(
    fc.property(timestamp, fc.integer({ min: -18 * 60, max: 18 * 60 }), (ms, minutes) => {
      const local = ms + minutes * 60_000
      fc.pre(local >= timestampMin && local <= timestampMax)
      const sign = minutes < 0 ? '-' : '+'
      const size = Math.abs(minutes)
      const hh = String(Math.floor(size / 60)).padStart(2, '0')
      const mm = String(size % 60).padStart(2, '0')
      const text = formatTimestamp(local)
      expect(parseTimestamp(`${text}${sign}${hh}:${mm}`)).toBe(ms)
      expect(parseTimestamp(`${text.replace(' ', 'T')}${sign}${hh}${mm}`)).toBe(ms)
    }),
  )
})

test('the fraction of a second is read to the ms, further digits are dropped', () => {
  const base = Date.UTC(2024, 1, 29, 23, 59, 58)
  for (const [fraction, ms] of [
    ['', 0],
    ['.5', 500],
    ['.05', 50],
    ['.050', 50],
    ['.123456Z', 123],
    ['.9999999', 999],
  ] as const) {
    expect(parseTimestamp(`2024-02-29 23:59:58${fraction}`)).toBe(base + ms)
  }
  expect(parseTimestamp('2024-02-29')).toBe(Date.UTC(2024, 1, 29))
  expect(parseTimestamp('1960-01-01 00:00:00.999')).toBe(Date.UTC(1960, 0, 1) + 999)
})

test('times of day read back as themselves and are taken out of timestamps', () => {
  fc.assert(
    fc.property(fc.nat(dayMs - 1), (ms) => {
      expect(parseTime(formatTime(ms))).toBe(ms)
      expect(parseTime(`1950-03-04 ${formatTime(ms)}`)).toBe(ms)
    }),
  )
})

test('fields out of range and other forms are refused', () => {
  for (const text of [
    '',
    '2024',
    '2024-1-01',
    '2023-02-29',
    '1900-02-29',
    '2024-13-01',
    '2024-00-01',
    '2024-01-00',
    '2024-04-31',
    '0000-00-00',
    '0000-01-01',
    '2024-01-01 24:00:00',
    '2024-01-01 00:60:00',
    '2024-01-01 00:00:60',
    '2024-01-01 00:00',
    '2024-01-01 00:00:00.',
    '2024-01-01 00:00:00 ',
    '2024-01-01_00:00:00',
    '2024-01-01T00:00:00ZZ',
    '2024-01-01T00:00:00+1',
    '2024-01-01T00:00:00+19:00',
    '2024-01-01T00:00:00+01:60',
    '20x4-01-01',
    '９９９９-01-01',
  ]) {
    expect([text, parseTimestamp(text)]).toEqual([text, Number.NaN])
    expect([text, parseDate(text)]).toEqual([text, Number.NaN])
  }
  for (const text of ['', '1:00:00', '25:00:00', '12:00', '12:00:00Z', '12:00:00.', '2024-01-01']) {
    expect([text, parseTime(text)]).toEqual([text, Number.NaN])
  }
})

test('a changed digit never reads as anything but what it says', () => {
  fc.assert(
    fc.property(timestamp, fc.nat(18), fc.integer({ min: 32, max: 126 }), (ms, at, c) => {
      const text = formatTimestamp(ms).slice(0, 19)
      const changed = text.slice(0, at) + String.fromCharCode(c) + text.slice(at + 1)
      const value = parseTimestamp(changed)
      if (!Number.isNaN(value)) expect(formatTimestamp(value).slice(0, 19)).toBe(changed.replace('T', ' '))
    }),
  )
})
