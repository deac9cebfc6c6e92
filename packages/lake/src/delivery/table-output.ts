/** Outputs that are tables: a buffer of rows becomes one change of the table; records that do not fit become error objects of its bucket. */
import { join } from 'node:path'
import { makeIcebergTarget } from '../iceberg/deliver/iceberg-target.ts'
import { compileUnpack } from '../unpack/unpack.ts'
import { prefixesOf } from './check-settings.ts'
import type { Edition } from './delivery-items.ts'
import { ObjectNames, type Output } from './delivery-output.ts'
import type { IcebergDestination } from './delivery-settings.ts'
import type { DeliveryTarget } from './delivery-target.ts'
import { ObjectWriter, type OutputPlace } from './files-output.ts'
import { RawRows } from './raw-rows.ts'
import { TableRows } from './table-rows.ts'

export interface TablePlace extends OutputPlace {
  /** For files on their way, of this stage alone. */
  readonly workDir: string
  /** Closes the target with the stage. */
  readonly opened: (target: DeliveryTarget) => void
}

/** `schema`: of the catalog's table, where the edition follows it. */
export function tableOutput(
  place: TablePlace,
  edition: Edition,
  id: string,
  destination: IcebergDestination,
  schema: number | undefined,
): Output {
  const { delivery, context, services, workDir, opened } = place
  const { clock, random, store, warnings, lambdas } = context
  const { bucket, buffering, table } = destination
  const target = makeIcebergTarget({
    delivery,
    destination,
    store: services.buckets.open(bucket),
    cacheDir: join(store.dir, 'cache', 'objects'),
    scratchDir: join(workDir, `table-${id}`),
    catalog: services.catalog,
    ...(schema === undefined ? {} : { version: schema }),
    clock,
    random,
    onProblem: (error) =>
      warnings.say(
        'TABLE_UPKEEP',
        delivery,
        `files of table ${table.database}.${table.name} could not be put together, which is tried again: ${error instanceof Error ? error.message : String(error)}`,
      ),
  })
  opened(target)
  const errors = new ObjectWriter(bucket, services, undefined)
  const { account, region } = lambdas.services
  return {
    id,
    version: edition.version,
    buffering,
    partitioner: undefined,
    unpack: compileUnpack(edition.settings.unpack),
    canRefuse: true,
    names: new ObjectNames({
      delivery,
      version: edition.version,
      prefixes: prefixesOf(edition.settings),
      suffix: '',
      random,
    }),
    table: {
      catalogId: account,
      databaseName: table.database,
      tableName: table.name,
      region,
      versionId: schema === undefined ? 'LATEST' : String(schema),
      catalogArn: `arn:aws:glue:${region}:${account}:catalog`,
    },
    makeRows: () => new TableRows(target, services.catalog),
    makeErrors: () =>
      new RawRows(newline, (plan, bytes, rows) => errors.putBytes(plan, bytes, rows, 'UNCOMPRESSED')),
    hasKeys: false,
  }
}

const newline = new TextEncoder().encode('\n')
