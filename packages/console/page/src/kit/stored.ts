/** Small things that this browser remembers, under names of their own. A browser that keeps nothing forgets them with the page. */

const prefix = 'millrace.'
const kept = new Map<string, string>()

export function stored(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? kept.get(name)
  } catch {
    return kept.get(name)
  }
}

/** Undefined: forgets it. */
export function store(name: string, value: string | undefined): void {
  if (value === undefined) kept.delete(name)
  else kept.set(name, value)
  try {
    if (value === undefined) localStorage.removeItem(prefix + name)
    else localStorage.setItem(prefix + name, value)
  } catch {
    // Kept for this page alone.
  }
}
