export { checkDashboardFile } from './api/dashboards/check-dashboard.ts'
export { DashboardBook } from './api/dashboards/dashboard-book.ts'
export { deadLetterPath, summary } from './api/dead-letter-routes.ts'
export {
  type CatalogChange,
  type CatalogOutcome,
  changeCatalog,
  type TableAddress,
} from './api/lake/catalog-change.ts'
export { figures } from './api/lake/catalog-listing.ts'
export { catalogPath } from './api/lake/catalog-routes.ts'
export type { LakeHandle } from './api/lake/lake-handle.ts'
export { NotebookFiles, notebookEnding } from './api/notebook/notebook-files.ts'
export type {
  CellAccess,
  CellJob,
  CellOutcome,
  NotebookHost,
  RunningCell,
} from './api/notebook/notebook-host.ts'
export { parseNotebook, printNotebook } from './api/notebook/notebook-text.ts'
export { type SourceDoor, sourcePath } from './api/source-routes.ts'
export { consoleRoutes, consoleTrees } from './console.ts'
export type { AppDoor, ConsoleOptions } from './console-options.ts'
export { ConsoleError, type ConsoleErrorCode, consoleErrorCodes } from './errors.ts'
export type { DashboardFile } from './protocol/dashboards.ts'
export type * from './protocol/notebook.ts'
