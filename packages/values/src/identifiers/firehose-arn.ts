/** Names of deliveries as resources: arn:<partition>:firehose:<region>:<account>:deliverystream/<name> */
export function firehoseArn(at: { region: string; account: string }, delivery: string): string {
  return `arn:aws:firehose:${at.region}:${at.account}:deliverystream/${delivery}`
}
