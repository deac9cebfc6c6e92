/** What an app's endpoint is to its functions: an address and credentials, as the AWS SDKs read them from the environment. */
import { type AccessKey, defaultAccount, defaultRegion } from '@millrace/gateway'
import {
  type FunctionLogLine,
  type FunctionServices,
  type LambdaHost,
  makeLambdaHost,
} from '@millrace/runtime'

export interface FunctionEndpoint {
  readonly url: string
  readonly region: string | undefined
  /** The key of this process: kept in memory, known to its gateway and to the functions alone. */
  readonly key: AccessKey
}

export function functionServices({ url, region = defaultRegion, key }: FunctionEndpoint): FunctionServices {
  return {
    region,
    account: defaultAccount,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: key.id,
      AWS_SECRET_ACCESS_KEY: key.secret,
    },
  }
}

/** Runs handlers that deliveries of clients name. */
export function deliveryLambdas(options: {
  readonly region: string | undefined
  readonly key: AccessKey
  readonly cacheDir: string | undefined
  readonly onLine: (line: FunctionLogLine) => void
}): (url: string) => LambdaHost {
  const { region, key, cacheDir, onLine } = options
  return (url) => makeLambdaHost({ services: functionServices({ url, region, key }), cacheDir, onLine })
}
