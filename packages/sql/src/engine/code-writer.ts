/** The text of a generated loop while it is being written: lines, blocks, names of temporaries and of constants. */
export class CodeWriter {
  /** Lines that run once per batch, before the loop. */
  readonly hoisted: string[] = []
  /** Lines of the loop body. */
  readonly body: string[] = []
  /** Values that the generated function receives as `k[0]`, `k[1]`, ... */
  readonly constants: unknown[] = []
  #temps = 0
  #depth = 2

  line(text: string): void {
    this.body.push('  '.repeat(this.#depth) + text)
  }

  block(head: string, inner: () => void): void {
    this.line(`${head} {`)
    this.#depth++
    inner()
    this.#depth--
    this.line('}')
  }

  choice(condition: string, then: () => void, otherwise: () => void): void {
    this.line(`if (${condition}) {`)
    this.#depth++
    then()
    this.#depth--
    this.line('} else {')
    this.#depth++
    otherwise()
    this.#depth--
    this.line('}')
  }

  constant(value: unknown): string {
    const known = this.constants.indexOf(value)
    const index = known >= 0 ? known : this.constants.push(value) - 1
    const name = `k${index}`
    if (known < 0) this.hoisted.push(`const ${name} = k[${index}]`)
    return name
  }

  temp(prefix: string, initial: string): string {
    const name = `${prefix}${this.#temps++}`
    this.line(`let ${name} = ${initial}`)
    return name
  }

  /** A constant under a name of its own, for functions that generated code calls. */
  constantNamed(name: string, value: unknown): void {
    if (this.constants.includes(value)) return
    this.hoisted.push(`const ${name} = ${this.constant(value)}`)
  }
}
