/**
 * Orders texts as their UTF-8 bytes are ordered, which is how listings are. JavaScript compares UTF-16 units, and that differs in one
 * way: the halves of surrogate pairs (0xD800 to 0xDFFF) stand for code points above 0xFFFF, but sort below 0xE000 to 0xFFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
