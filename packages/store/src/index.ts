export * from './errors.ts'
export { RECORD_DATA_BYTES_MAX, RECORD_KEY_BYTES_MAX } from './limits.ts'
export type * from './port.ts'
export { type OpenOptions, openStore } from './store.ts'
