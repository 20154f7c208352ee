/** The decimal digits of every script as 0 to 9. */

/** A digit that is not an ASCII one. */
const OTHER_DIGIT = /(?!\d)\p{Nd}/gu

/** `text` with the decimal digits of every script as ASCII digits; the rest stays as it is. */
export function asciiDigits (text: string): string {
  return text.replace(OTHER_DIGIT, (digit) => {
    let value = VALUES.get(digit)
    if (value === undefined) VALUES.set(digit, value = asciiDigit(digit))
    return value
  })
}

/** Each digit that was met, with its value: Unicode has some 700. */
const VALUES = new Map<string, string>()

/**
 * Unicode keeps the ten digits of a script in order and next to each other; the mathematical ones, whose sets have no
 * gap between them, are compatible with ASCII.
 *
 * @see https://www.unicode.org/versions/latest/core-spec/chapter-4/#G124206 on decimal digits
 */
function asciiDigit (digit: string): string {
  const compatible = digit.normalize('NFKC')
  if (/^\d$/.test(compatible)) return compatible
  const codePoint = digit.codePointAt(0)!
  let value = 0
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(codePoint - value - 1))) value++
  return String(value)
}
