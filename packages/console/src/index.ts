export {
  type CatalogChange,
  type CatalogOutcome,
  changeCatalog,
  type TableAddress,
} from './api/catalog-change.ts'
export { deadLetterPath, summary } from './api/dead-letter-routes.ts'
export { catalogPath, figures, type LakeHandle } from './api/lake-routes.ts'
export { type SourceDoor, sourcePath } from './api/source-routes.ts'
export { consoleRoutes, consoleTrees } from './console.ts'
export type { AppDoor, ConsoleOptions } from './console-options.ts'
export { ConsoleError, type ConsoleErrorCode, consoleErrorCodes } from './errors.ts'
