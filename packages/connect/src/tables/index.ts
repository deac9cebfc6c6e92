/** The connectors that come with the project. Others are passed beside them (see TableConnectors). */
import { datagenConnector } from './datagen-connector.ts'
import { filesystemConnector } from './filesystem-connector.ts'
import { nexmarkConnector } from './nexmark-connector.ts'
import { blackholeConnector, printConnector } from './print-connector.ts'
import type { TableConnectors } from './table-connector.ts'

export const tableConnectors: TableConnectors = new Map(
  [datagenConnector, nexmarkConnector, filesystemConnector, printConnector, blackholeConnector].map(
    (connector) => [connector.name, connector],
  ),
)
