/** The parts of items that a request wants. */
import type { TypedItem } from '../attribute-value.ts'
import { type DocumentPath, nestedHeads, PathPicker } from './document-path.ts'

export class ItemProjection {
  readonly paths: readonly DocumentPath[]
  readonly nested: ReadonlySet<string>
  readonly #picker: PathPicker

  /** The paths neither overlap nor conflict. */
  constructor(paths: readonly DocumentPath[]) {
    this.paths = paths
    this.nested = nestedHeads(paths)
    this.#picker = new PathPicker(paths)
  }

  of(item: TypedItem): TypedItem {
    return this.#picker.pick(item)
  }
}
