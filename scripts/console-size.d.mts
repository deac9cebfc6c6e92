export interface PageSize {
  readonly page: string
  readonly bytes: number
}
export function consoleSizes(): { readonly first: number; readonly pages: readonly PageSize[] }
