/** A record that makes no row: its message is for the dead letter, and no attempt will mend it. */
export class Unfit extends Error {
  override name = 'Unfit'
}
