/** A value from outside as a message shows it: as JSON (so that control characters are harmless), cut to a length that fits. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
