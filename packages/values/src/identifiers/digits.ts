/** ASCII digits of 0000 to 9999, four bytes each: decimal text without a division per digit. */
export const DIGITS_4 = new Uint8Array(40_000)

for (let value = 0; value < 10_000; value++) {
  DIGITS_4[value * 4] = 48 + Math.floor(value / 1000)
  DIGITS_4[value * 4 + 1] = 48 + (Math.floor(value / 100) % 10)
  DIGITS_4[value * 4 + 2] = 48 + (Math.floor(value / 10) % 10)
  DIGITS_4[value * 4 + 3] = 48 + (value % 10)
}
