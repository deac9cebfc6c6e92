export interface Layers {
  readonly order: readonly string[]
  /** Package -> all that it may import. */
  readonly only: { readonly [name: string]: readonly string[] }
  /** Package -> what it must not import, although that stands below it. */
  readonly never: { readonly [name: string]: readonly string[] }
}
export interface Finding {
  readonly rule: 'layer' | 'deep' | 'outside' | 'cycle'
  readonly file: string
  readonly line: number
  readonly message: string
}
export function readLayers(): Layers
export function checkLayers(root: string, layers: Layers): Finding[]
export function sourceFiles(folder: string): string[]
