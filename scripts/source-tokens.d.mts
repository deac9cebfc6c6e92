export interface Token {
  readonly kind: 'word' | 'mark' | 'string' | 'comment' | 'regex'
  readonly text: string
  readonly line: number
}
export interface FoundImport {
  readonly specifier: string
  readonly line: number
  readonly typeOnly: boolean
}
export function tokensOf(source: string): Token[]
export function importsOf(tokens: readonly Token[]): FoundImport[]
