/** C's strftime in the C locale and UTC, from a broken down time. A conversion that C does not know stands for itself. */
import { dayNames, daysFromCivil, monthNames } from '@millrace/values'
import type { BrokenTime } from './broken-time.ts'

export function formatTime(format: string, time: BrokenTime): string {
  const [year = 1900, month = 0, day = 1, hour = 0, minute = 0, second = 0] = time.map(Math.floor)
  const days = daysFromCivil(year, month + 1, day)
  const weekday = Math.floor(time[6] ?? (((days + 4) % 7) + 7) % 7)
  const dayOfYear = Math.floor(time[7] ?? days - daysFromCivil(year, 1, 1))
  const two = (value: number) => String(value).padStart(2, '0')
  const spaced = (value: number) => String(value).padStart(2, ' ')
  const hour12 = hour % 12 === 0 ? 12 : hour % 12
  const clock = `${two(hour)}:${two(minute)}:${two(second)}`
  const write = (letter: string): string | undefined => {
    switch (letter) {
      case 'a':
        return dayNames[weekday]?.slice(0, 3) ?? '?'
      case 'A':
        return dayNames[weekday] ?? '?'
      case 'b':
      case 'h':
        return monthNames[month]?.slice(0, 3) ?? '?'
      case 'B':
        return monthNames[month] ?? '?'
      case 'c':
        return `${write('a')} ${write('b')} ${spaced(day)} ${clock} ${year}`
      case 'C':
        return two(Math.floor(year / 100))
      case 'd':
        return two(day)
      case 'D':
      case 'x':
        return `${two(month + 1)}/${two(day)}/${two(((year % 100) + 100) % 100)}`
      case 'e':
        return spaced(day)
      case 'F':
        return `${year}-${two(month + 1)}-${two(day)}`
      case 'g':
        return two(((isoWeek(year, dayOfYear, weekday).year % 100) + 100) % 100)
      case 'G':
        return String(isoWeek(year, dayOfYear, weekday).year)
      case 'H':
        return two(hour)
      case 'I':
        return two(hour12)
      case 'j':
        return String(dayOfYear + 1).padStart(3, '0')
      case 'k':
        return spaced(hour)
      case 'l':
        return spaced(hour12)
      case 'm':
        return two(month + 1)
      case 'M':
        return two(minute)
      case 'n':
        return '\n'
      case 'p':
        return hour < 12 ? 'AM' : 'PM'
      case 'P':
        return hour < 12 ? 'am' : 'pm'
      case 'r':
        return `${two(hour12)}:${two(minute)}:${two(second)} ${hour < 12 ? 'AM' : 'PM'}`
      case 'R':
        return `${two(hour)}:${two(minute)}`
      case 's':
        return String(days * 86_400 + hour * 3600 + minute * 60 + second)
      case 'S':
        return two(second)
      case 't':
        return '\t'
      case 'T':
      case 'X':
        return clock
      case 'u':
        return String(weekday === 0 ? 7 : weekday)
      case 'U':
        return two(Math.floor((dayOfYear + 7 - weekday) / 7))
      case 'V':
        return two(isoWeek(year, dayOfYear, weekday).week)
      case 'w':
        return String(weekday)
      case 'W':
        return two(Math.floor((dayOfYear + 7 - ((weekday + 6) % 7)) / 7))
      case 'y':
        return two(((year % 100) + 100) % 100)
      case 'Y':
        return String(year)
      case 'z':
        return '+0000'
      case 'Z':
        return 'UTC'
      case '%':
        return '%'
    }
    return undefined
  }
  return format.replace(/%([\s\S])/g, (whole, letter: string) => write(letter) ?? whole)
}

/** ISO 8601: weeks begin on Monday, and the first one has the year's first Thursday. */
function isoWeek(year: number, dayOfYear: number, weekday: number): { year: number; week: number } {
  const thursday = dayOfYear - ((weekday + 6) % 7) + 3
  if (thursday < 0) {
    const length = daysFromCivil(year, 1, 1) - daysFromCivil(year - 1, 1, 1)
    return { year: year - 1, week: Math.floor((thursday + length) / 7) + 1 }
  }
  const length = daysFromCivil(year + 1, 1, 1) - daysFromCivil(year, 1, 1)
  if (thursday >= length) return { year: year + 1, week: 1 }
  return { year, week: Math.floor(thursday / 7) + 1 }
}
