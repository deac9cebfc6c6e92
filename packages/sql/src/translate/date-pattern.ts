/**
 * Patterns of SimpleDateFormat, which KDA SQL has, as patterns of DateTimeFormatter, which Flink has. Most letters mean the
 * same; `alike` is false where one does not in all cases.
 */

/** Letters that both read and write alike for times without a zone, at any count that is usual. */
const common = 'yMdHhmsaE'

/** Undefined if the pattern asks for what Flink cannot give, such as an offset. */
export function simpleDatePattern(
  pattern: string,
): { readonly pattern: string; readonly alike: boolean } | undefined {
  let alike = true
  let quoted = false
  for (let i = 0; i < pattern.length; ) {
    const letter = pattern[i]!
    let end = i + 1
    while (letter !== "'" && pattern[end] === letter) end++
    if (letter === "'") quoted = !quoted
    else if (!quoted && /[A-Za-z]/.test(letter)) {
      const count = end - i
      if (letter === 'S') alike &&= count === 3
      else if (letter === 'D') alike = false
      else if (!common.includes(letter)) return undefined
    }
    // Brackets and the sign # open something in DateTimeFormatter.
    else if (!quoted && '[]{}#'.includes(letter)) return undefined
    i = end
  }
  return { pattern, alike }
}
