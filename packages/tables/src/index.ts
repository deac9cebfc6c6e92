export type * from './attribute-value.ts'
export type { ChangeRecord } from './change-record.ts'
export * from './port.ts'
