/**
 * Who runs cells: given by whoever opens the console, since tables of cells have connectors, which the console knows nothing of.
 */
export interface NotebookHost {
  close(): Promise<void>
}
