/**
 * The table catalog of somebody else, by the REST catalog protocol (Apache Iceberg, open-api/rest-catalog-open-api.yaml).
 *
 * Settings come from three sides, as the protocol says: what `v1/config` gives as defaults, then what the caller said, then what the
 * server overrides; `prefix` among them goes into every path. A table is made by a commit with `assert-create`, which keeps the ids of
 * columns; where the caller names no location, the server is asked for one by a staged creation first.
 * A commit whose answer is lost is COMMIT_UNKNOWN and never sent again: whether it holds is read from the table.
 */
import { type Clock, systemClock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import { checkMetadata } from '../format/read-metadata.ts'
import type { IcebergSchema, PartitionSpec, TableRequirement, TableUpdate } from '../metadata.ts'
import type { LoadedTable, TableCatalog, TableName } from '../table-catalog.ts'
import { type Fetch, noAuthorization, type RestAuthorization } from './rest-authorization.ts'
import { namespacePath, tablePath } from './rest-paths.ts'
import { type RestAnswer, type RestRequest, RestTransport } from './rest-transport.ts'

export interface RestCatalogOptions {
  /** Of the catalog, without `/v1`: `http://127.0.0.1:4567/iceberg`. */
  readonly url: string
  readonly authorization?: RestAuthorization
  /** What the server calls a warehouse, where it has several. */
  readonly warehouse?: string
  /** In place of the one that the server says. */
  readonly prefix?: string
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly fetch?: Fetch
  readonly timeoutMs?: number
}

/** Errors: TABLE_CATALOG_OPTION, TABLE_CATALOG_FAILED. */
export async function openRestCatalog(options: RestCatalogOptions): Promise<TableCatalog> {
  const { url, authorization = noAuthorization, warehouse, clock = systemClock } = options
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new LakeError(
      'TABLE_CATALOG_OPTION',
      `${JSON.stringify(url)} is no address of a REST catalog. Give the URL before /v1, like http://127.0.0.1:4567/iceberg.`,
    )
  }
  const transport = new RestTransport({
    url,
    authorization,
    clock,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  })
  const config = await transport.get({
    method: 'GET',
    path: 'config',
    ...(warehouse === undefined ? {} : { query: { warehouse } }),
  })
  const { prefix } = {
    ...textsOf(config, 'defaults'),
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    ...textsOf(config, 'overrides'),
  }
  const cleaned = prefix?.replace(/^\/+|\/+$/g, '') ?? ''
  return new RestTableCatalog(transport, cleaned === '' ? '' : `${cleaned}/`)
}

class RestTableCatalog implements TableCatalog {
  readonly #transport: RestTransport
  /** Before every path but that of the configuration: empty, or with a slash at the end. */
  readonly #prefix: string

  constructor(transport: RestTransport, prefix: string) {
    this.#transport = transport
    this.#prefix = prefix
  }

  async listNamespaces(parent?: readonly string[]): Promise<readonly (readonly string[])[]> {
    const query = parent === undefined || parent.length === 0 ? {} : { parent: parent.join('\u001f') }
    if (parent !== undefined && parent.length > 0) namespacePath(parent)
    const found: (readonly string[])[] = []
    for await (const page of this.#pages('namespaces', query, missingNamespace(parent))) {
      for (const entry of arrayOf(page, 'namespaces')) found.push(levelsOf(entry))
    }
    return found
  }

  async createNamespace(
    namespace: readonly string[],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#change(
      { method: 'POST', path: 'namespaces', body: { namespace, properties } },
      {
        404: missingNamespace(namespace.slice(0, -1)),
        409: (text) => new LakeError('NAMESPACE_EXISTS', `namespace ${namespace.join('.')}: ${text}`),
      },
    )
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    await this.#change(
      { method: 'DELETE', path: `namespaces/${namespacePath(namespace)}` },
      {
        404: missingNamespace(namespace),
        409: (text) => new LakeError('NAMESPACE_NOT_EMPTY', `namespace ${namespace.join('.')}: ${text}`),
      },
    )
  }

  async listTables(namespace: readonly string[]): Promise<readonly TableName[]> {
    const found: TableName[] = []
    const path = `namespaces/${namespacePath(namespace)}/tables`
    for await (const page of this.#pages(path, {}, missingNamespace(namespace))) {
      for (const entry of arrayOf(page, 'identifiers')) {
        found.push({ namespace: levelsOf(memberOf(entry, 'namespace')), name: textOf(entry, 'name') })
      }
    }
    return found
  }

  async loadTable(table: TableName): Promise<LoadedTable | undefined> {
    const request: RestRequest = { method: 'GET', path: this.#path(tablePath(table)) }
    const answer = await this.#transport.send(request)
    if (answer.kind === 'ok') return loadedTable(answer.body)
    if (answer.kind === 'refused' && answer.status === 404) return undefined
    throw this.#transport.failure(request, answer)
  }

  async createTable(table: TableName, updates: readonly TableUpdate[]): Promise<LoadedTable> {
    const named = updates.some(({ action }) => action === 'set-location')
    const complete = named ? updates : [...updates, await this.#stagedLocation(table, updates)]
    const requirements: readonly TableRequirement[] = [{ type: 'assert-create' }]
    return this.#commit(table, { requirements, updates: complete }, (text) => existing(table, text))
  }

  commitTable(
    table: TableName,
    requirements: readonly TableRequirement[],
    updates: readonly TableUpdate[],
  ): Promise<LoadedTable> {
    return this.#commit(
      table,
      { requirements, updates },
      (text) => new LakeError('COMMIT_CONFLICT', `table ${nameOf(table)}: ${text}`),
    )
  }

  async dropTable(table: TableName, { purge = false } = {}): Promise<void> {
    const query = { purgeRequested: String(purge) }
    await this.#change({ method: 'DELETE', path: tablePath(table), query }, { 404: missingTable(table) })
  }

  async renameTable(from: TableName, to: TableName): Promise<void> {
    await this.#change(
      { method: 'POST', path: 'tables/rename', body: { source: from, destination: to } },
      { 404: missingTable(from), 409: (text) => existing(to, text) },
    )
  }

  async #commit(
    table: TableName,
    change: { requirements: readonly TableRequirement[]; updates: readonly TableUpdate[] },
    onConflict: (text: string) => LakeError,
  ): Promise<LoadedTable> {
    const body = { identifier: { namespace: table.namespace, name: table.name }, ...change }
    const request: RestRequest = { method: 'POST', path: this.#path(tablePath(table)), body }
    const answer = await this.#transport.send(request)
    if (answer.kind === 'ok') return loadedTable(answer.body)
    if (answer.kind === 'lost') {
      throw new LakeError(
        'COMMIT_UNKNOWN',
        `table ${nameOf(table)}: whether the commit was made is not known: ${answer.message}. Load the table and look.`,
        { cause: answer.cause },
      )
    }
    throw this.#refusal(request, answer, { 404: missingTable(table), 409: onConflict })
  }

  /** Where the server wants a new table to be; nothing is made yet. */
  async #stagedLocation(table: TableName, updates: readonly TableUpdate[]): Promise<TableUpdate> {
    const request: RestRequest = {
      method: 'POST',
      path: this.#path(`namespaces/${namespacePath(table.namespace)}/tables`),
      body: { name: table.name, 'stage-create': true, ...creationOf(updates) },
    }
    const answer = await this.#transport.send(request)
    if (answer.kind !== 'ok') {
      throw this.#refusal(request, answer, {
        404: missingNamespace(table.namespace),
        409: (text) => existing(table, text),
      })
    }
    const location = textOf(memberOf(answer.body, 'metadata'), 'location')
    return { action: 'set-location', location }
  }

  async #change(request: RestRequest, faults: Faults): Promise<void> {
    const full = { ...request, path: this.#path(request.path) }
    const answer = await this.#transport.send(full)
    if (answer.kind !== 'ok') throw this.#refusal(full, answer, faults)
  }

  #refusal(request: RestRequest, answer: Exclude<RestAnswer, { kind: 'ok' }>, faults: Faults): LakeError {
    const fault = answer.kind === 'refused' ? faults[answer.status] : undefined
    return fault === undefined
      ? this.#transport.failure(request, answer)
      : fault(answer.message, answer.kind === 'refused' ? answer.type : '')
  }

  async *#pages(path: string, query: Readonly<Record<string, string>>, onMissing: Fault) {
    let pageToken: string | undefined
    do {
      const request: RestRequest = {
        method: 'GET',
        path: this.#path(path),
        query: { ...query, ...(pageToken === undefined ? {} : { pageToken }) },
      }
      const answer = await this.#transport.send(request)
      if (answer.kind !== 'ok') throw this.#refusal(request, answer, { 404: onMissing })
      yield answer.body
      const next = isObject(answer.body) ? answer.body['next-page-token'] : undefined
      pageToken = typeof next === 'string' && next !== '' ? next : undefined
    } while (pageToken !== undefined)
  }

  #path(path: string): string {
    return this.#prefix + path
  }
}

type Fault = (message: string, type: string) => LakeError
type Faults = Readonly<Partial<Record<number, Fault>>>

/** A 404 may be of the table or of its namespace; the type tells. */
function missingTable(table: TableName): Fault {
  return (text, type) =>
    type === 'NoSuchNamespaceException'
      ? missingNamespace(table.namespace)(text, type)
      : new LakeError('ICEBERG_TABLE_MISSING', `table ${nameOf(table)}: ${text}`)
}

function missingNamespace(namespace: readonly string[] = []): Fault {
  return (text) => new LakeError('NAMESPACE_MISSING', `namespace ${namespace.join('.')}: ${text}`)
}

function existing(table: TableName, text: string): LakeError {
  return new LakeError('ICEBERG_TABLE_EXISTS', `table ${nameOf(table)}: ${text}`)
}

function nameOf({ namespace, name }: TableName): string {
  return [...namespace, name].join('.')
}

/** What a creation says, out of the updates that make it. */
function creationOf(updates: readonly TableUpdate[]): Readonly<Record<string, unknown>> {
  let schema: IcebergSchema | undefined
  let spec: PartitionSpec | undefined
  const properties: Record<string, string> = {}
  for (const update of updates) {
    if (update.action === 'add-schema') schema = update.schema
    else if (update.action === 'add-spec') spec = update.spec
    else if (update.action === 'set-properties') Object.assign(properties, update.updates)
  }
  return { schema, ...(spec === undefined ? {} : { 'partition-spec': spec }), properties }
}

function loadedTable(body: unknown): LoadedTable {
  const metadataLocation = textOf(body, 'metadata-location')
  return { metadataLocation, metadata: checkMetadata(memberOf(body, 'metadata'), metadataLocation) }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function memberOf(value: unknown, name: string): unknown {
  if (isObject(value) && value[name] !== undefined) return value[name]
  throw new LakeError('TABLE_CATALOG_FAILED', `the catalog's answer has no member ${JSON.stringify(name)}`)
}

function textOf(value: unknown, name: string): string {
  const text = memberOf(value, name)
  if (typeof text === 'string') return text
  throw new LakeError(
    'TABLE_CATALOG_FAILED',
    `the catalog's answer has a member ${JSON.stringify(name)} that is no text`,
  )
}

function arrayOf(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name)
  if (Array.isArray(list)) return list
  throw new LakeError(
    'TABLE_CATALOG_FAILED',
    `the catalog's answer has a member ${JSON.stringify(name)} that is no list`,
  )
}

function levelsOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((level) => typeof level === 'string')) return value
  throw new LakeError('TABLE_CATALOG_FAILED', 'the catalog names a namespace that is no list of texts')
}

function textsOf(value: unknown, name: string): Readonly<Partial<Record<string, string>>> {
  const found = isObject(value) ? value[name] : undefined
  if (!isObject(found)) return {}
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
