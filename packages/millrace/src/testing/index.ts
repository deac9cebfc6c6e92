/** `millrace/testing`: run an app, or a Kinesis endpoint, inside a test. */
export { VirtualClock } from '@millrace/values'
export { testApp } from './test-app.ts'
export {
  type OwnTestGatewaySettings,
  type TestGateway,
  type TestGatewaySettings,
  testGateway,
} from './test-gateway.ts'
export type { ReadRecord, TestAppSettings, TestedApp } from './tested-app.ts'
