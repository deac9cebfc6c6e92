/**
 * Names of time zones for the letter z. Full names are those of the platform's CLDR data; short ones follow from them by the table
 * below, which has the zones whose abbreviations people know (the platform shortens American zones only). A zone without a
 * name is written by its offset, `GMT+03:00`, as Java does. Java releases differ in the names of the rarer zones, and so may these.
 */
import type { Zone } from '@millrace/values'
import type { Moment } from './moment.ts'
import { localizedOffset } from './offset-text.ts'

const shortNames: Readonly<Record<string, string>> = {
  'Alaska Daylight Time': 'AKDT',
  'Alaska Standard Time': 'AKST',
  'Amazon Standard Time': 'AMT',
  'Amazon Summer Time': 'AMST',
  'Arabian Standard Time': 'AST',
  'Argentina Standard Time': 'ART',
  'Argentina Summer Time': 'ARST',
  'Atlantic Daylight Time': 'ADT',
  'Atlantic Standard Time': 'AST',
  'Australian Central Daylight Time': 'ACDT',
  'Australian Central Standard Time': 'ACST',
  'Australian Eastern Daylight Time': 'AEDT',
  'Australian Eastern Standard Time': 'AEST',
  'Australian Western Standard Time': 'AWST',
  'Bangladesh Standard Time': 'BDT',
  'Bangladesh Summer Time': 'BDST',
  'Brasilia Standard Time': 'BRT',
  'Brasilia Summer Time': 'BRST',
  'British Summer Time': 'BST',
  'Central Africa Time': 'CAT',
  'Central Daylight Time': 'CDT',
  'Central European Standard Time': 'CET',
  'Central European Summer Time': 'CEST',
  'Central Standard Time': 'CST',
  'Chile Standard Time': 'CLT',
  'Chile Summer Time': 'CLST',
  'China Daylight Time': 'CDT',
  'China Standard Time': 'CST',
  'Colombia Standard Time': 'COT',
  'Coordinated Universal Time': 'UTC',
  'East Africa Time': 'EAT',
  'Eastern Daylight Time': 'EDT',
  'Eastern European Standard Time': 'EET',
  'Eastern European Summer Time': 'EEST',
  'Eastern Standard Time': 'EST',
  'Greenwich Mean Time': 'GMT',
  'Gulf Standard Time': 'GST',
  'Hawaii-Aleutian Standard Time': 'HST',
  'Hong Kong Standard Time': 'HKT',
  'Hong Kong Summer Time': 'HKST',
  'India Standard Time': 'IST',
  'Indochina Time': 'ICT',
  'Iran Daylight Time': 'IRDT',
  'Iran Standard Time': 'IRST',
  'Irish Standard Time': 'IST',
  'Israel Daylight Time': 'IDT',
  'Israel Standard Time': 'IST',
  'Japan Daylight Time': 'JDT',
  'Japan Standard Time': 'JST',
  'Korean Daylight Time': 'KDT',
  'Korean Standard Time': 'KST',
  'Malaysia Time': 'MYT',
  'Moscow Standard Time': 'MSK',
  'Moscow Summer Time': 'MSD',
  'Mountain Daylight Time': 'MDT',
  'Mountain Standard Time': 'MST',
  'Nepal Time': 'NPT',
  'New Zealand Daylight Time': 'NZDT',
  'New Zealand Standard Time': 'NZST',
  'Newfoundland Daylight Time': 'NDT',
  'Newfoundland Standard Time': 'NST',
  'Pacific Daylight Time': 'PDT',
  'Pacific Standard Time': 'PST',
  'Pakistan Standard Time': 'PKT',
  'Pakistan Summer Time': 'PKST',
  'Peru Standard Time': 'PET',
  'Philippine Standard Time': 'PST',
  'Singapore Standard Time': 'SGT',
  'South Africa Standard Time': 'SAST',
  'Uzbekistan Standard Time': 'UZT',
  'Venezuela Time': 'VET',
  'West Africa Standard Time': 'WAT',
  'West Africa Time': 'WAT',
  'Western European Standard Time': 'WET',
  'Western European Summer Time': 'WEST',
  'Western Indonesia Time': 'WIB',
}

const formats = new Map<string, Intl.DateTimeFormat>()

export function zoneName(moment: Moment, isFull: boolean): string {
  const { zone, instant, offset } = moment
  const full = fullName(zone, instant)
  // Platform names without a word are offsets, and cut differently from Java's.
  if (full === undefined || full.startsWith('GMT')) return localizedOffset(offset, true)
  return isFull ? full : (shortNames[full] ?? localizedOffset(offset, true))
}

function fullName(zone: Zone, instant: number): string | undefined {
  if (zone.region === undefined) {
    if (zone.name === 'UTC' || zone.name === 'Z') return 'Coordinated Universal Time'
    return zone.name === 'GMT' ? 'Greenwich Mean Time' : undefined
  }
  // The platform takes Etc/GMT and UTC for one.
  if (zone.region === 'Etc/GMT') return 'Greenwich Mean Time'
  let format = formats.get(zone.region)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone.region, timeZoneName: 'long' })
    formats.set(zone.region, format)
  }
  return format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value
}
