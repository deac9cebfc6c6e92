/** Paths as DuckDB's readers take them. */
import { literal } from '../duck/open-duck.ts'

/** Brackets and stars in the name of a file are no pattern. */
export function pathPattern(path: string): string {
  return path.replace(/[*?[]/g, '[$&]')
}

export function pathText(path: string): string {
  return literal(pathPattern(path))
}

export function pathList(paths: readonly string[]): string {
  return `[${paths.map(pathText).join(', ')}]`
}
