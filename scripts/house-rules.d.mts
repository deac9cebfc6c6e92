export interface HouseRules {
  readonly linesMax: number
  /** File -> why it may tell the time or wait. */
  readonly clockAllowed: { readonly [file: string]: string }
}
export interface HouseFinding {
  readonly rule: 'clock' | 'any' | 'todo' | 'length'
  readonly file: string
  readonly line: number
  readonly message: string
}
export function readHouseRules(): HouseRules
export function checkHouseRules(root: string, files: readonly string[], rules: HouseRules): HouseFinding[]
