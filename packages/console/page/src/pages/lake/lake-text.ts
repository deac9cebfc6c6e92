/** Names and times of the lake as people read them, and statements made of names. */

/** `orders`, `sales.orders`. */
export function tableName(database: string, name: string): string {
  return database === 'default' ? name : `${database}.${name}`
}

/** As SQL takes it: `default` is a word of SQL, and names are quoted where they have to be. */
export function sqlName(database: string, name: string): string {
  return database === 'default' ? quoted(name) : `${quoted(database)}.${quoted(name)}`
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** `2026-11-21 10:00:00`, UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** `12 s ago`; what is to come is `now`. */
export function agoText(ms: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - ms) / 1_000))
  if (seconds < 2) return 'just now'
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h ago`
  return `${Math.round(seconds / 86_400)} d ago`
}
