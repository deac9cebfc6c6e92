/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey's small fast counter generator, 128 bits of state, period at least
 * 2^32), seeded through a mixing function so that neighbouring seeds give unrelated sequences. The sequences are part of
 * what a seed means to users, so the algorithm must not change.
 */
import type { Random } from './ports.ts'

/** A generator whose whole sequence follows from the seed. */
export function seededRandom(seed: number | string): Random {
  const [low, high] = seedWords(seed)
  return new Sfc32(low, high, 0, 0)
}

/**
 * The generator of step `index` of the seed's stream: a different sequence for each index, so that a producer can go on
 * at any index without having made what came before. Index is an integer from 0 up to 2^53 - 1.
 */
export function randomAt(seed: number | string, index: number): Random {
  const [low, high] = seedWords(seed)
  return new Sfc32(low, high, index >>> 0, (Math.floor(index / 0x1_0000_0000) >>> 0) + 1)
}

class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = mix(a ^ 0x9e3779b9)
    this.#b = mix(b ^ 0x243f6a88)
    this.#c = mix(c ^ mix(d ^ 0xb7e15162))
    for (let i = 0; i < 12; i++) this.#word()
  }

  next(): number {
    // 53 bits: two words, so that every multiple of 2^-53 can appear.
    const high = this.#word() >>> 5
    const low = this.#word() >>> 6
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  #word(): number {
    const t = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t
    this.#c |= 0
    return t >>> 0
  }
}

/** The finalizer of MurmurHash3: each input bit reaches each output bit. */
function mix(word: number): number {
  let h = word | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

function seedWords(seed: number | string): [number, number] {
  const text = String(seed)
  let low = 0x811c9dc5
  let high = 0xc2b2ae35
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    high = mix(high ^ text.charCodeAt(i)) + i
  }
  return [low | 0, high | 0]
}
