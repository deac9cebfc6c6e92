/**
 * Which files of a partition become one. Files are taken in the order of their keys, which for deliveries is that of their oldest
 * records, and only neighbours of one version of the table become one, so that rows keep their order.
 *
 * A run is worth its work if it fills the target, or if its largest file is at most half of it: each byte is then written about
 * log2(target / size of a first file) times, however many small files come.
 */
import type { CatalogFile } from '../catalog/catalog-port.ts'

export interface CompactionSize {
  /** Bytes that a file should have, about. */
  readonly targetBytes: number
  /** Files that become one at least, unless they fill the target. */
  readonly filesMin: number
}

/** Files of at least this part of the target stay as they are. */
const largeShare = 0.5

/** Runs of at least two files, none of them in two runs. */
export function chooseRuns(files: readonly CatalogFile[], size: CompactionSize): CatalogFile[][] {
  const sorted = [...files].sort((a, b) => (a.key < b.key ? -1 : 1))
  const runs: CatalogFile[][] = []
  let run: CatalogFile[] = []
  let bytes = 0
  const close = (): void => {
    runs.push(...worthwhile(run, size))
    run = []
    bytes = 0
  }
  for (const file of sorted) {
    const isSmall = file.bytes < size.targetBytes * largeShare
    if (!isSmall || (run[0] !== undefined && run[0].version !== file.version)) close()
    if (!isSmall) continue
    run.push(file)
    bytes += file.bytes
    if (bytes >= size.targetBytes) close()
  }
  close()
  return runs
}

/** The run, or runs on both sides of its largest file if that would be written again for too little. */
function worthwhile(run: readonly CatalogFile[], size: CompactionSize): CatalogFile[][] {
  if (run.length < 2) return []
  let bytes = 0
  let largest = 0
  for (const [i, file] of run.entries()) {
    bytes += file.bytes
    if (file.bytes > (run[largest]?.bytes ?? 0)) largest = i
  }
  const isFull = bytes >= size.targetBytes
  if (isFull || (run.length >= size.filesMin && (run[largest]?.bytes ?? 0) * 2 <= bytes)) return [[...run]]
  return [...worthwhile(run.slice(0, largest), size), ...worthwhile(run.slice(largest + 1), size)]
}
