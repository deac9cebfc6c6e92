import { formatFlinkType } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { instantOf, isZone, localTime } from '../zone.ts'
import {
  bigint,
  callFlink,
  date,
  decimal,
  instant,
  int,
  now,
  type TypedValue,
  text,
  time,
  timestamp,
} from './testing/call-flink.ts'
import { formatTime, parseTimePattern, readTime, type TimePattern } from './time-pattern.ts'

const ms = (of: string) => timestamp(of)[1]
const value = (name: string, args: readonly TypedValue[], zone = 'UTC') =>
  callFlink(name, args, { zone }).value
const unit = (name: string): TypedValue => [`VARCHAR(${name.length})`, name]
const ts = '1994-09-27 13:14:15.678'
const hour = 3_600_000

describe('taking times apart', () => {
  test.each<[string, TypedValue, bigint]>([
    ['YEAR', date('1994-09-27'), 1994n],
    ['QUARTER', date('1994-09-27'), 3n],
    ['MONTH', date('1994-09-27'), 9n],
    ['WEEK', date('1994-09-27'), 39n],
    ['DAYOFYEAR', date('1994-09-27'), 270n],
    ['DAYOFMONTH', date('1994-09-27'), 27n],
    ['DAYOFWEEK', date('1994-09-27'), 3n],
    ['HOUR', timestamp(ts), 13n],
    ['MINUTE', timestamp(ts), 14n],
    ['SECOND', timestamp(ts), 15n],
  ])('%s', (name, of, wanted) => {
    expect(value(name, [of])).toBe(wanted)
  })

  test.each<[string, TypedValue, bigint]>([
    ['DAY', date('2006-06-05'), 5n],
    ['SECOND', timestamp(ts), 15n],
    ['MILLISECOND', timestamp(ts), 15_678n],
    ['EPOCH', timestamp('1970-01-02 00:00:01'), 86_401n],
    ['DOW', date('2024-03-10'), 1n],
    ['ISODOW', date('2024-03-10'), 7n],
    ['ISOYEAR', date('2024-12-30'), 2025n],
    ['WEEK', date('2024-12-30'), 1n],
    ['CENTURY', date('2000-12-31'), 20n],
    ['MILLENNIUM', date('2001-01-01'), 3n],
    ['DECADE', date('1999-01-01'), 199n],
    ['DAY', ['INTERVAL DAY TO SECOND', 90_000_000], 1n],
    ['HOUR', ['INTERVAL DAY TO SECOND', 90_000_000], 1n],
    ['MONTH', ['INTERVAL YEAR TO MONTH', 14], 2n],
  ])('EXTRACT(%s FROM ...) %#', (of, from, wanted) => {
    expect(value('EXTRACT', [unit(of), from])).toBe(wanted)
  })

  test('an instant is taken apart in the session zone', () => {
    expect(value('HOUR', [instant('2024-07-01 00:30:00')], 'Asia/Kolkata')).toBe(6n)
    expect(value('EXTRACT', [unit('DAY'), instant('2024-07-01 00:30:00')], 'America/New_York')).toBe(30n)
  })
})

describe('FLOOR and CEIL', () => {
  test.each<[string, TypedValue, string, SqlValue]>([
    ['FLOOR_TIME', time('12:44:31'), 'MINUTE', time('12:44:00')[1]],
    ['CEIL_TIME', time('12:44:31'), 'MINUTE', time('12:45:00')[1]],
    ['FLOOR_TIME', timestamp(ts), 'HOUR', ms('1994-09-27 13:00:00')],
    ['FLOOR_TIME', timestamp(ts), 'WEEK', ms('1994-09-25')],
    ['CEIL_TIME', timestamp(ts), 'WEEK', ms('1994-10-02')],
    ['FLOOR_TIME', timestamp(ts), 'QUARTER', ms('1994-07-01')],
    ['CEIL_TIME', timestamp(ts), 'YEAR', ms('1995-01-01')],
    ['FLOOR_TIME', date('1994-09-27'), 'MONTH', date('1994-09-01')[1]],
    ['FLOOR_TIME', timestamp(ts), 'CENTURY', ms('1901-01-01')],
    ['FLOOR_TIME', timestamp(ts), 'DECADE', ms('1990-01-01')],
  ])('%# %s', (name, of, to, wanted) => {
    expect(value(name, [of, unit(to)])).toBe(wanted)
  })

  test('an instant is rounded in the session zone', () => {
    const zone = 'Asia/Kolkata' // UTC+5:30
    expect(value('FLOOR_TIME', [instant('2024-07-01 00:10:00'), unit('HOUR')], zone)).toBe(
      ms('2024-06-30 23:30:00'),
    )
    expect(value('FLOOR_TIME', [instant('2024-07-01 00:10:00'), unit('DAY')], zone)).toBe(
      ms('2024-06-30 18:30:00'),
    )
  })
})

describe('moving times', () => {
  const day: TypedValue = ['INTERVAL DAY TO SECOND', 86_400_000]
  const month: TypedValue = ['INTERVAL YEAR TO MONTH', 1]
  test.each<[string, TypedValue[], string, SqlValue]>([
    ['+', [timestamp('2024-01-31 10:00:00'), month], 'TIMESTAMP(3)', ms('2024-02-29 10:00:00')],
    ['+', [date('2024-02-28'), ['INTERVAL DAY TO SECOND', hour]], 'TIMESTAMP(3)', ms('2024-02-28 01:00:00')],
    ['+', [day, date('2024-02-28')], 'DATE', date('2024-02-29')[1]],
    ['-', [instant('2024-01-02 00:00:00'), day], 'TIMESTAMP_LTZ(3)', ms('2024-01-01 00:00:00')],
    ['*', [day, int(2)], 'INTERVAL DAY TO SECOND(3)', 172_800_000],
    ['TIMESTAMPADD', [unit('WEEK'), int(1), date('2003-01-02')], 'DATE', date('2003-01-09')[1]],
    ['TIMESTAMPADD', [unit('HOUR'), int(1), date('2003-01-02')], 'TIMESTAMP(3)', ms('2003-01-02 01:00:00')],
    [
      'TIMESTAMPADD',
      [unit('MONTH'), int(-1), timestamp('2024-03-31 00:00:00')],
      'TIMESTAMP(3)',
      ms('2024-02-29'),
    ],
    [
      'TIMESTAMPADD',
      [unit('QUARTER'), bigint(1n), timestamp(ts)],
      'TIMESTAMP(3)',
      ms('1994-12-27 13:14:15.678'),
    ],
    [
      'TIMESTAMPDIFF',
      [unit('DAY'), timestamp('2003-01-02 10:00:00'), timestamp('2003-01-03 10:00:00')],
      'INT',
      1,
    ],
    [
      'TIMESTAMPDIFF',
      [unit('DAY'), timestamp('2003-01-03 10:00:00'), timestamp('2003-01-02 10:00:01')],
      'INT',
      0,
    ],
    ['TIMESTAMPDIFF', [unit('HOUR'), timestamp('2003-01-02 10:00:00'), date('2003-01-01')], 'INT', -34],
    [
      'TIMESTAMPDIFF',
      [unit('MONTH'), timestamp('2024-01-31 00:00:00'), timestamp('2024-03-30 00:00:00')],
      'INT',
      1,
    ],
    ['TIMESTAMPDIFF', [unit('YEAR'), date('2024-02-29'), date('2023-03-01')], 'INT', 0],
    [
      'TEMPORAL_DIFF',
      [timestamp('2024-01-02 00:00:01'), timestamp('2024-01-01 00:00:00'), unit('HOUR')],
      'INTERVAL DAY TO SECOND(3)',
      24 * hour,
    ],
  ])('%# %s', (name, args, type, wanted) => {
    const called = callFlink(name, args)
    expect([formatFlinkType(called.type), called.value]).toEqual([type, wanted])
  })

  test('a bare difference of times is refused with the form that is allowed', () => {
    expect(() => callFlink('-', [timestamp(ts), timestamp(ts)])).toThrow('TIMESTAMPDIFF')
    expect(() => callFlink('TIMESTAMPADD', [unit('FORTNIGHT'), int(1), timestamp(ts)])).toThrow(
      'allowed units',
    )
  })

  test('OVERLAPS', () => {
    const interval = (hours: number): TypedValue => ['INTERVAL DAY TO SECOND', hours * hour]
    expect(value('OVERLAPS', [time('2:55:00'), interval(1), time('3:30:00'), interval(2)])).toBe(true)
    expect(value('OVERLAPS', [time('9:00:00'), time('10:00:00'), time('10:15:00'), interval(3)])).toBe(false)
    expect(value('OVERLAPS', [time('9:00:00'), time('10:00:00'), time('10:00:00'), interval(3)])).toBe(true)
  })
})

describe('the current time', () => {
  test.each<[string, string, SqlValue]>([
    ['CURRENT_TIMESTAMP', 'TIMESTAMP_LTZ(3)', now],
    ['NOW', 'TIMESTAMP_LTZ(3)', now],
    ['CURRENT_ROW_TIMESTAMP', 'TIMESTAMP_LTZ(3)', now],
    ['PROCTIME', 'TIMESTAMP_LTZ(3)', now],
    ['LOCALTIMESTAMP', 'TIMESTAMP(3)', ms('2024-03-10 08:34:56.789')],
    ['CURRENT_DATE', 'DATE', date('2024-03-10')[1]],
    ['CURRENT_TIME', 'TIME(0)', time('08:34:56')[1]],
    ['LOCALTIME', 'TIME(0)', time('08:34:56')[1]],
    ['UNIX_TIMESTAMP', 'BIGINT', 1_710_074_096n],
  ])('%s in New York, on the day that the clocks change', (name, type, wanted) => {
    const called = callFlink(name, [], { zone: 'America/New_York' })
    expect([formatFlinkType(called.type), called.value]).toEqual([type, wanted])
  })

  test('CURRENT_WATERMARK is NULL before the first watermark', () => {
    expect(callFlink('CURRENT_WATERMARK', [timestamp(ts)]).value).toBeNull()
    expect(callFlink('CURRENT_WATERMARK', [timestamp(ts)], { watermark: () => 5 }).value).toBe(5)
  })
})

describe('times and text', () => {
  test.each<[string, TypedValue[], string, SqlValue]>([
    ['DATE_FORMAT', [timestamp(ts), text('yyyy-MM-dd')], 'UTC', '1994-09-27'],
    ['DATE_FORMAT', [timestamp(ts), text('HH:mm')], 'Asia/Tokyo', '13:14'],
    ['DATE_FORMAT', [instant(ts), text('HH:mm')], 'Asia/Tokyo', '22:14'],
    ['DATE_FORMAT', [text('1994-09-27 13:14:15'), text('yyyy/MM')], 'UTC', '1994/09'],
    ['DATE_FORMAT', [text('no time'), text('yyyy')], 'UTC', null],
    ['TO_TIMESTAMP', [text(ts)], 'Asia/Tokyo', ms(ts)],
    ['TO_TIMESTAMP', [text('1994-09-27')], 'UTC', ms('1994-09-27')],
    ['TO_TIMESTAMP', [text('27.9.1994'), text('d.M.yyyy')], 'UTC', ms('1994-09-27')],
    ['TO_TIMESTAMP', [text('1994-09-27 x'), text('yyyy-MM-dd')], 'UTC', null],
    ['TO_TIMESTAMP', [text('1994-13-27')], 'UTC', null],
    ['TO_TIMESTAMP_LTZ', [int(100), int(0)], 'Asia/Tokyo', 100_000],
    ['TO_TIMESTAMP_LTZ', [bigint(1_710_074_096_789n), int(3)], 'UTC', now],
    ['TO_TIMESTAMP_LTZ', [decimal('0.29'), int(0)], 'UTC', 290],
    ['TO_TIMESTAMP_LTZ', [text('2024-01-01 00:00:00')], 'Asia/Tokyo', ms('2024-01-01')],
    ['TO_DATE', [text('2024-02-29')], 'UTC', date('2024-02-29')[1]],
    ['TO_DATE', [text('29/02/2024'), text('dd/MM/yyyy')], 'UTC', date('2024-02-29')[1]],
    ['TO_DATE', [text('2024-02-30')], 'UTC', null],
    ['UNIX_TIMESTAMP', [text('1970-01-01 08:00:01')], 'Asia/Shanghai', 1n],
    [
      'UNIX_TIMESTAMP',
      [text('1970-01-01 08:00:01.001'), text('yyyy-MM-dd HH:mm:ss.SSS')],
      'Europe/Berlin',
      25201n,
    ],
    [
      'UNIX_TIMESTAMP',
      [text('1970-01-01 08:00:01.001 +0800'), text('yyyy-MM-dd HH:mm:ss.SSS X')],
      'Europe/Berlin',
      1n,
    ],
    [
      'UNIX_TIMESTAMP',
      [text('1970-01-01 08:00:01.001 +0800'), text('yyyy-MM-dd HH:mm:ss.SSS')],
      'Europe/Berlin',
      25201n,
    ],
    [
      'UNIX_TIMESTAMP',
      [text('1970-01-01 08:00:01.001'), text('yyyy-MM-dd HH:mm:ss.SSS X')],
      'Europe/Berlin',
      -9223372036854775808n,
    ],
    ['FROM_UNIXTIME', [int(44)], 'UTC', '1970-01-01 00:00:44'],
    ['FROM_UNIXTIME', [int(44)], 'Asia/Tokyo', '1970-01-01 09:00:44'],
    ['FROM_UNIXTIME', [bigint(44n), text('HH:mm X')], 'Asia/Tokyo', '09:00 +09'],
    [
      'CONVERT_TZ',
      [text('1970-01-01 00:00:00'), text('UTC'), text('America/Los_Angeles')],
      'UTC',
      '1969-12-31 16:00:00',
    ],
    [
      'CONVERT_TZ',
      [text('1970-01-01 00:00:00'), text('UTC'), text('GMT-08:00')],
      'UTC',
      '1969-12-31 16:00:00',
    ],
    ['CONVERT_TZ', [text('nothing'), text('UTC'), text('PST')], 'UTC', null],
  ])('%# %s', (name, args, zone, wanted) => {
    expect(value(name, args, zone)).toBe(wanted)
  })

  test('patterns', () => {
    const shown = (pattern: string) => formatTime(parseTimePattern(pattern) as TimePattern, Number(ms(ts))) // It parses.
    expect(shown("EEE, d MMM yyyy h:mm a 'o''clock'")).toBe("Tue, 27 Sep 1994 1:14 PM o'clock")
    expect(shown('yy D QQQ SSSSSS k[ X]')).toBe('94 270 Q3 678000 13')
    expect(shown('XXX')).toBeUndefined()
    expect(parseTimePattern('yyyy-bb')).toContain('the letter b')
    expect(parseTimePattern("'open")).toContain('does not end')
    const read = (pattern: string, of: string) => readTime(parseTimePattern(pattern) as TimePattern, of) // It parses.
    expect(read('yyyyMMddHHmmssSSS', '19940927131415678')).toBe(ms(ts))
    expect(read('yyyy-MM-dd[ HH:mm]', '1994-09-27')).toBe(ms('1994-09-27'))
    expect(read('yyyy-MM-dd[ HH:mm]', '1994-09-27 13:14')).toBe(ms('1994-09-27 13:14:00'))
    expect(read('d MMM yy', '27 Sep 24')).toBe(ms('2024-09-27'))
    expect(read('hh a', '12 AM')).toBe(0)
    expect(read('yyyy-MM-dd', '2021-02-31')).toBe(ms('2021-02-28'))
    expect(read('yyyy-MM-dd', '2021-2-3')).toBeUndefined()
    expect(read("yyyy-MM-dd'T'HH:mm:ssX", '2021-02-03T04:05:06Z')).toBe(ms('2021-02-03 04:05:06'))
  })

  test('a formatted time reads back', () => {
    const patterns = [
      'yyyy-MM-dd HH:mm:ss.SSS',
      "yyyy-DDD'T'hh:mm:ss.SSS a",
      'uuuuMMddHHmmssSSS',
      'EEEE d MMMM yyyy k:m:s.SSS',
    ]
    fc.assert(
      fc.property(
        fc.integer({ min: Number(ms('1000-01-01')), max: Number(ms('9999-12-31')) }),
        fc.constantFrom(...patterns),
        (local, pattern) => {
          const items = parseTimePattern(pattern) as TimePattern // It parses.
          expect(readTime(items, formatTime(items, local)!)).toBe(local)
        },
      ),
    )
  })
})

describe('zones', () => {
  const zone = 'America/New_York'
  test('a gap moves on by its length, an overlap is the earlier instant', () => {
    expect(instantOf(Number(ms('2024-03-10 02:30:00')), zone)).toBe(ms('2024-03-10 07:30:00')) // 03:30 EDT
    expect(instantOf(Number(ms('2024-11-03 01:30:00')), zone)).toBe(ms('2024-11-03 05:30:00')) // 01:30 EDT
    expect(localTime(Number(ms('2024-11-03 06:30:00')), zone)).toBe(ms('2024-11-03 01:30:00')) // 01:30 EST
    expect(localTime(Number(ms('2024-03-10 06:59:59.999')), zone)).toBe(ms('2024-03-10 01:59:59.999'))
    expect(localTime(Number(ms('2024-03-10 07:00:00')), zone)).toBe(ms('2024-03-10 03:00:00'))
  })

  test('names', () => {
    for (const name of ['UTC', 'Z', 'GMT+08:00', '+05:30', 'Europe/Berlin', 'PST', 'UTC-3'])
      expect(isZone(name)).toBe(true)
    for (const name of ['', 'Mars/Olympus', '+25:00']) expect(isZone(name)).toBe(false)
    expect(localTime(0, 'GMT-08:00')).toBe(-8 * hour)
    expect(() => localTime(0, 'Mars/Olympus')).toThrow('no time zone')
  })

  test('the local time of an instant leads back to it, but for the hour that comes twice', () => {
    const names = [
      'America/New_York',
      'Europe/London',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Africa/Casablanca',
    ]
    fc.assert(
      fc.property(
        fc.integer({ min: -2_000_000_000_000, max: 4_000_000_000_000 }),
        fc.constantFrom(...names),
        (at, name) => {
          const back = instantOf(localTime(at, name), name)
          expect(localTime(back, name)).toBe(localTime(at, name))
          expect(back).toBeLessThanOrEqual(at)
          expect(at - back).toBeLessThanOrEqual(hour)
        },
      ),
    )
  })
})
