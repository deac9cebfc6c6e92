export * from './column.ts'
export type * from './ports.ts'
export type * from './sql-type.ts'
