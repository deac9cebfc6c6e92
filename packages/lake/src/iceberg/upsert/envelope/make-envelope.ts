/** The envelope of a name. Some learn the shape of records, so each user has one of its own. */
import type { IcebergDestination } from '../../../delivery/delivery-settings.ts'
import { makeDebeziumEnvelope } from './debezium-envelope.ts'
import { makeDmsEnvelope } from './dms-envelope.ts'
import type { Envelope } from './envelope.ts'
import { plainEnvelope } from './plain-envelope.ts'
import { tableEnvelope } from './table-envelope.ts'

export function makeEnvelope(name: IcebergDestination['envelope']): Envelope {
  switch (name) {
    case 'plain':
      return plainEnvelope
    case 'dms':
      return makeDmsEnvelope()
    case 'debezium':
      return makeDebeziumEnvelope()
    case 'table-changes':
      return tableEnvelope
  }
}
