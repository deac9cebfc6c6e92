/** The envelope that an app's options name. Options that are wrong are refused here with CDC_OPTION, before anything is read. */
import type { CdcOptions, EnvelopeOptions } from '../source/cdc-options.ts'
import { makeDebeziumEnvelope } from './debezium/debezium-envelope.ts'
import { makeDmsEnvelope } from './dms/dms-envelope.ts'
import type { Envelope, EnvelopeContext, EnvelopeSource } from './envelope.ts'
import { makeFlatEnvelope } from './flat/flat-envelope.ts'
import { refuse } from './option-checks.ts'

const formats = ['dms', 'debezium', 'flat'] as const

export function makeEnvelope(
  options: CdcOptions['envelope'],
  source: EnvelopeSource,
  context: EnvelopeContext = {},
): Envelope {
  refuse(
    options === undefined || typeof options === 'string' || (typeof options === 'object' && options !== null),
    'envelope',
    options,
    "'dms', 'debezium', 'flat', or an object as { format: 'dms', ... }",
  )
  const chosen: EnvelopeOptions = typeof options === 'object' ? options : { format: options ?? 'dms' }
  refuse(
    formats.includes(chosen.format),
    typeof options === 'string' ? 'envelope' : 'envelope.format',
    chosen.format,
    formats.map((format) => `'${format}'`).join(', '),
  )
  switch (chosen.format) {
    case 'dms':
      return makeDmsEnvelope(chosen, source, context)
    case 'debezium':
      return makeDebeziumEnvelope(chosen, source, context)
    case 'flat':
      return makeFlatEnvelope(chosen, source)
  }
}
