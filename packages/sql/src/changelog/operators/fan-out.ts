/** One output for several consumers, in their order; a row goes all the way down the first before the second sees it. */
import type { Port } from '../operator.ts'
import type { Row, RowKind } from '../row.ts'

export class FanOut implements Port {
  readonly #ports: readonly Port[]

  constructor(ports: readonly Port[]) {
    this.#ports = ports
  }

  row(row: Row, kind: RowKind): void {
    for (let i = 0; i < this.#ports.length; i++) this.#ports[i]!.row(row, kind)
  }

  watermark(time: number): void {
    for (let i = 0; i < this.#ports.length; i++) this.#ports[i]!.watermark(time)
  }
}
