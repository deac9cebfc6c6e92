/**
 * The environment of a handler's process: what Lambda sets, what the app gives the function, and of the host's own
 * environment only what a program needs to run at all. Secrets of the host, such as its access keys, stay with it; so
 * does its AWS configuration, which the SDKs would otherwise find in its home folder.
 */
import type { LambdaCode } from './lambda-port.ts'

/** What functions find outside of their process. */
export interface FunctionServices {
  readonly region: string
  /** Twelve digits. */
  readonly account: string
  /** Address and credentials of the app's endpoint, as the AWS SDKs read them; empty if there is none. */
  readonly environment: Readonly<Record<string, string>>
}

export const noServices: FunctionServices = { region: 'us-east-1', account: '000000000000', environment: {} }

export const functionVersion = '$LATEST'

const fromHost = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LD_LIBRARY_PATH',
  'NODE_EXTRA_CA_CERTS',
  'SystemRoot',
]

/** Node reads a file that does not exist like an empty one, and so do the SDKs. */
const noFile = '/dev/null'

export interface EnvironmentInputs {
  readonly code: LambdaCode
  readonly services: FunctionServices
  readonly logStream: string
  readonly host: { readonly [name: string]: string | undefined }
}

export function lambdaEnvironment({
  code,
  services,
  logStream,
  host,
}: EnvironmentInputs): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of fromHost) {
    const value = host[name]
    if (value !== undefined) environment[name] = value
  }
  return {
    ...environment,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_REGION: services.region,
    AWS_DEFAULT_REGION: services.region,
    AWS_CONFIG_FILE: noFile,
    AWS_SHARED_CREDENTIALS_FILE: noFile,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...services.environment,
    // The app may lead a function elsewhere: to another endpoint, with keys of its own.
    ...code.environment,
    // These belong to Lambda: a function cannot change them there either.
    _HANDLER: code.handler,
    LAMBDA_TASK_ROOT: code.codeDir,
    AWS_LAMBDA_FUNCTION_NAME: code.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(code.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${code.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
  }
}

export function functionArn(
  { functionName }: Pick<LambdaCode, 'functionName'>,
  { region, account }: FunctionServices,
): string {
  return `arn:aws:lambda:${region}:${account}:function:${functionName}`
}
