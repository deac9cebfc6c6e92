/** Keys and indexes of a table, and where its changes go. */
import type { KeysShape, TableShape } from '../../../../src/protocol/tables.ts'
import { Badge } from '../../kit/controls.tsx'
import { Panel } from '../../kit/page.tsx'
import { hrefOf, Link } from '../../kit/router.ts'
import { keyLabel } from './key-label.ts'

export function TableSettings({ table }: { readonly table: TableShape }) {
  const { name, createdAt, changes, exports, isProtected } = table
  return (
    <>
      <Panel title="Keys and indexes" flush>
        <table className="rows">
          <thead>
            <tr>
              <th>Read by</th>
              <th>Kind</th>
              <th>Partition key</th>
              <th>Sort key</th>
              <th>Shows</th>
            </tr>
          </thead>
          <tbody>
            <Row
              name="the table"
              kind="table"
              keys={table}
              shows="whole items"
              href={hrefOf(['tables', name])}
            />
            {table.indexes.map((index) => (
              <Row
                key={index.name}
                name={index.name}
                kind={`${index.kind} index`}
                keys={index}
                shows={
                  index.projection === 'ALL'
                    ? 'whole items'
                    : index.projection === 'KEYS_ONLY'
                      ? 'keys'
                      : `keys and ${index.attributes.join(', ')}`
                }
                href={hrefOf(['tables', name], { index: index.name })}
              />
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel title="Settings" flush>
        <table className="rows">
          <tbody>
            <tr>
              <th scope="row">Made</th>
              <td>{createdAt === 0 ? 'by an older version' : new Date(createdAt).toISOString()}</td>
            </tr>
            <tr>
              <th scope="row">Change stream</th>
              <td>
                {changes === null ? (
                  'off'
                ) : (
                  <>
                    <Link href={hrefOf(['streams', changes.stream])}>{changes.stream}</Link>{' '}
                    <Badge>{changes.view}</Badge>
                  </>
                )}
              </td>
            </tr>
            <tr>
              <th scope="row">Exports of changes</th>
              <td>
                {exports.length === 0
                  ? 'none'
                  : exports.map((stream) => (
                      <Link key={stream} href={hrefOf(['streams', stream])}>
                        {stream}{' '}
                      </Link>
                    ))}
              </td>
            </tr>
            <tr>
              <th scope="row">Deletion</th>
              <td>{isProtected ? 'protected' : 'allowed'}</td>
            </tr>
          </tbody>
        </table>
      </Panel>
    </>
  )
}

function Row({
  name,
  kind,
  keys,
  shows,
  href,
}: {
  readonly name: string
  readonly kind: string
  readonly keys: KeysShape
  readonly shows: string
  readonly href: string
}) {
  return (
    <tr>
      <td>
        <Link href={href}>{name}</Link>
      </td>
      <td>{kind}</td>
      <td>{keyLabel(keys.partitionKey)}</td>
      <td>{keys.sortKey === undefined ? 'none' : keyLabel(keys.sortKey)}</td>
      <td>{shows}</td>
    </tr>
  )
}
