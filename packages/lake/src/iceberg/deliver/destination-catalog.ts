/**
 * The table catalog of a delivery's table: the bucket itself, or another one by the REST catalog protocol. What that one wants to know of us
 * comes from the environment, never from settings, which are stored: MILLRACE_ICEBERG_TOKEN, a token, or MILLRACE_ICEBERG_CREDENTIAL,
 * `id:secret`, for which its token endpoint gives one.
 */
import type { Clock } from '@millrace/values'
import type { IcebergDestination } from '../../delivery/delivery-settings.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { FolderCatalog } from '../catalog/folder-catalog.ts'
import {
  bearerAuthorization,
  clientCredentialsAuthorization,
  noAuthorization,
  type RestAuthorization,
} from '../rest/rest-authorization.ts'
import { openRestCatalog } from '../rest/rest-table-catalog.ts'
import type { TableCatalog } from '../table-catalog.ts'

/** Errors: TABLE_CATALOG_OPTION, TABLE_CATALOG_FAILED. */
export async function catalogOf(
  { catalog }: Pick<IcebergDestination, 'catalog'>,
  store: ObjectStore,
  clock: Clock,
  environment: Readonly<Partial<Record<string, string>>> = process.env,
): Promise<TableCatalog> {
  if (catalog === undefined) return new FolderCatalog(store, { clock })
  const { url, warehouse } = catalog
  return openRestCatalog({
    url,
    clock,
    authorization: authorizationOf(url, clock, environment),
    ...(warehouse === undefined ? {} : { warehouse }),
  })
}

function authorizationOf(
  url: string,
  clock: Clock,
  {
    MILLRACE_ICEBERG_TOKEN: token,
    MILLRACE_ICEBERG_CREDENTIAL: credential,
  }: Readonly<Partial<Record<string, string>>>,
): RestAuthorization {
  if (token !== undefined && token !== '') return bearerAuthorization(token)
  if (credential === undefined || credential === '') return noAuthorization
  const mark = credential.indexOf(':')
  const [clientId, clientSecret] = [credential.slice(0, Math.max(mark, 0)), credential.slice(mark + 1)]
  const tokenUrl = `${url.replace(/\/+$/, '')}/v1/oauth/tokens`
  return clientCredentialsAuthorization({ tokenUrl, clientId, clientSecret }, { clock })
}
