/** Text as the content of an XML element. XML has no place for control characters, not even escaped. */
export function escapeXml(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
