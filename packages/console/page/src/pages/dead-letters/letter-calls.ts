/** What one types elsewhere to get or redrive a letter. */
import type { LetterShape } from '../../../../src/protocol/dead-letters.ts'
import { shortId } from './letter-words.ts'

export function letterCalls(
  { stage, id, text }: LetterShape,
  { endpoint, dataDir }: { readonly endpoint: string; readonly dataDir: string | undefined },
) {
  const place = dataDir === undefined ? '' : ` --data-dir ${quoted(dataDir)}`
  const named = `${quoted(shortId(id))} --stage ${quoted(stage)}${place}`
  const body = quoted(JSON.stringify({ stage, id }))
  return [
    { label: 'millrace dead show', text: `npx millrace dead show ${named}` },
    { label: 'millrace dead redrive', text: `npx millrace dead redrive ${named}` },
    {
      label: 'curl: redrive',
      text: `curl -s ${endpoint}/admin/dead-letters/redrive -H 'Content-Type: application/json' -d ${body}`,
    },
    ...(text === undefined ? [] : [{ label: 'Payload', text }]),
  ]
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
