/** Which table a part of its page is about. */
export interface TablePlace {
  readonly database: string
  readonly name: string
}
