/** Which letters are shown: the address says it, the API is asked with it, and redrives and drops of "these" mean it. */

export interface LetterQuery {
  readonly stage: string
  readonly cause: string
  readonly code: string
  readonly key: string
  readonly text: string
}

export function letterQueryOf(place: URLSearchParams): LetterQuery {
  return {
    stage: place.get('stage') ?? '',
    cause: place.get('cause') ?? '',
    code: place.get('code') ?? '',
    key: place.get('key') ?? '',
    text: place.get('q') ?? '',
  }
}

export function placeOfLetters({ stage, cause, code, key, text }: LetterQuery) {
  return { stage: given(stage), cause: given(cause), code: given(code), key: given(key), q: given(text) }
}

/** Of the API; empty: all letters. */
export function filterOf({ stage, cause, code, key, text }: LetterQuery): Readonly<Record<string, string>> {
  const filter: Record<string, string> = {}
  const values = { stage, cause, code, key, text }
  for (const [name, value] of Object.entries(values)) if (value !== '') filter[name] = value
  return filter
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text
}
