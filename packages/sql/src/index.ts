export * from './engine-port.ts'
export type * from './plan.ts'
export type * from './span.ts'
