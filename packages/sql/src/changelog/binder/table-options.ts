/**
 * What a table's options say about its changes: which kinds its connector delivers, which it takes, whether it can be asked
 * by key. Unknown connectors deliver and take new rows only, unless a format with change kinds or a primary key says more.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Span } from '../../span.ts'
import type { TableInfo } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { parseDuration } from './durations.ts'

type Options = TableInfo['options']

/** Formats whose records say which kind of change they are. */
const changeFormats: ReadonlySet<string> = new Set([
  'debezium-json',
  'debezium-avro-confluent',
  'canal-json',
  'maxwell-json',
  'ogg-json',
  'changelog-json',
])
/** Connectors that show or drop what they get, of whatever kind. */
const openSinks: ReadonlySet<string> = new Set(['print', 'blackhole'])
/** Connectors that make their rows themselves. */
const generators: ReadonlySet<string> = new Set(['datagen', 'nexmark', 'faker'])
/** Connectors whose tables lie still and can be asked by key. */
const lookupConnectors: ReadonlySet<string> = new Set([
  'filesystem',
  'jdbc',
  'hbase',
  'hbase-1.4',
  'hbase-2.2',
  'redis',
])

/** 'upsert': changes come by primary key only. */
export type SourceChanges = 'append' | 'upsert' | 'all'

export function isReadable(options: Options): boolean {
  return !openSinks.has(options.connector ?? '')
}

export function isWritable(options: Options): boolean {
  return !generators.has(options.connector ?? '')
}

export function formatOf(options: Options): string | undefined {
  return options.format ?? options['value.format']
}

export function sourceChanges(options: Options): SourceChanges {
  const mode = options['changelog-mode']
  if (mode === 'append' || mode === 'upsert' || mode === 'all') return mode
  // A keyed table of the host: its items change.
  if (options.connector === 'table') return 'all'
  if (options.connector?.startsWith('upsert-') === true) return 'upsert'
  if (options.connector?.endsWith('-cdc') === true) return 'all'
  return changeFormats.has(formatOf(options) ?? '') ? 'all' : 'append'
}

/** What a sink takes: new rows only, changes by its primary key, or all kinds. */
export function sinkChanges(table: Pick<TableInfo, 'options' | 'primaryKey'>): SourceChanges {
  const { options } = table
  const connector = options.connector ?? ''
  const mode = options['changelog-mode']
  if (mode === 'append' || mode === 'upsert' || mode === 'all') return mode
  if (openSinks.has(connector) || connector === 'memory') return 'all'
  if (changeFormats.has(formatOf(options) ?? '')) return 'all'
  if (connector === 'filesystem') return 'append'
  return table.primaryKey !== undefined || connector.startsWith('upsert-') ? 'upsert' : 'append'
}

/** Whether a join by processing time asks the table itself rather than following its changes. */
export function isLookupTable(options: Options): boolean {
  if (options.lookup !== undefined) return options.lookup.toLowerCase() !== 'false'
  return lookupConnectors.has(options.connector ?? options['connector.type'] ?? '')
}

/** Values that the options read here may have. */
const optionChoices: ReadonlyMap<string, readonly string[]> = new Map([
  ['changelog-mode', ['append', 'upsert', 'all']],
  // How the table is asked is the host's business.
  ['scan.watermark.emit.strategy', ['on-periodic', 'on-event']],
])

/** An option of a table that the binder reads itself has to be of its form; others are the connector's. */
export function checkOption(context: FlinkContext, name: string, value: string, span: Span): void {
  if (name === 'scan.watermark.idle-timeout') durationOf(context, name, value, span)
  const allowed = optionChoices.get(name)
  if (allowed === undefined || allowed.includes(value)) return
  context.base.diagnostics.report(
    codes.badOption,
    span,
    `'${name}' is '${value}'; it may be ${allowed.map((each) => `'${each}'`).join(' or ')}.`,
  )
}

/** A duration in an option, a setting or a hint, ms. */
export function durationOf(context: FlinkContext, key: string, text: string, span: Span): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  return context.base.diagnostics.fail(
    codes.badOption,
    span,
    `'${key}' is '${text}', which is no duration. Write a whole number and a unit, such as '10 s', '5 min', '1 h' or '1 d'.`,
  )
}

/** A setting that is a duration, ms; `otherwise` where it is not set. */
export function durationSetting(context: FlinkContext, key: string, otherwise: number, span: Span): number {
  const text = context.settings.get(key)
  return text === undefined ? otherwise : durationOf(context, key, text, span)
}

/** ms after which state of operators without windows is forgotten; 0: never. */
export function stateTtlOf(context: FlinkContext, span: Span): number {
  return durationSetting(context, 'table.exec.state.ttl', 0, span)
}
