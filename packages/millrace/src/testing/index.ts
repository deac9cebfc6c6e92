/** `millrace/testing`: run an app inside a test. */
export { testApp } from './test-app.ts'
export type { ReadRecord, TestAppSettings, TestedApp } from './tested-app.ts'
