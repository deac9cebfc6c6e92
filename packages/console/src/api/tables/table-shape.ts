/** A table as the console shows it. */
import type { IndexSpec, TableInfo } from '@millrace/tables'
import type { IndexShape, TableShape } from '../../protocol/tables.ts'

export function tableShape({ name, partitionKey, sortKey, items, bytes, ...rest }: TableInfo): TableShape {
  const { indexes, changes, ttlAttribute, capacity, exports, isProtected } = rest.settings
  return {
    name,
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    items,
    bytes,
    createdAt: rest.createdAt,
    indexes: indexes.map(indexShape),
    changes: changes === undefined ? null : { view: changes.view, stream: changes.stream },
    ttlAttribute: ttlAttribute ?? null,
    capacity: capacity ?? null,
    isProtected,
    exports: exports.map(({ stream }) => stream),
  }
}

function indexShape({ name, kind, partitionKey, sortKey, projection }: IndexSpec): IndexShape {
  return {
    name,
    kind,
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    projection: projection.kind,
    attributes: projection.kind === 'INCLUDE' ? projection.attributes : [],
  }
}
