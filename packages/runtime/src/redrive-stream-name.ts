/** Dead letters of a function that are to be processed again; made when the first one is redriven. */
export function redriveStreamName(stage: string): string {
  return `${stage}.redrive`
}
