/** What goes with data files that are replaced. */
import type { ScanTask } from '../table-port.ts'

/** Paths of the tasks' data files, and of delete files that serve none but these; `all`: every task of the table. */
export function removalOf(tasks: readonly ScanTask[], all: readonly ScanTask[]): string[] {
  const removed = new Set(tasks.map(({ file }) => file.path))
  const stillUsed = new Set<string>()
  for (const { file, deletes } of all) {
    if (removed.has(file.path)) continue
    for (const { path } of deletes) stillUsed.add(path)
  }
  const deletes = new Set<string>()
  for (const task of tasks) for (const { path } of task.deletes) if (!stillUsed.has(path)) deletes.add(path)
  return [...removed, ...deletes]
}
