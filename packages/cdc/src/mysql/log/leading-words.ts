/** The first two words of a statement in capitals, behind spaces and comments; empty where there are none. */
export function leadingWords(text: string): readonly [string, string] {
  let at = 0
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 32) at++
    if (!text.startsWith('/*', at)) break
    const end = text.indexOf('*/', at + 2)
    if (end < 0) break
    at = end + 2
  }
  const words = /^([a-z]*)\s*([a-z]*)/i.exec(text.slice(at, at + 64))
  return [words?.[1]?.toUpperCase() ?? '', words?.[2]?.toUpperCase() ?? '']
}
