/** JSON as tokens: names, texts, numbers, words. What is wrong with it is said by whoever parses it. */
import { LanguageSupport, StreamLanguage } from '@codemirror/language'

const json = StreamLanguage.define<null>({
  name: 'json',
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return stream.match(/^\s*:/, false) ? 'propertyName' : 'string'
    if (stream.match(/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/)) return 'number'
    if (stream.match(/^(?:true|false|null)\b/)) return 'keyword'
    stream.next()
    return null
  },
  languageData: { closeBrackets: { brackets: ['(', '[', '{', '"'] } },
})

export function jsonLanguage(): LanguageSupport {
  return new LanguageSupport(json)
}
