const OTHER_DIGIT = /(?!\d)\p{Nd}/gu

/** Decimal digits of every script become ASCII digits; the rest of `text` stays. */
export function asciiDigits (text: string): string {
  return text.replace(OTHER_DIGIT, (digit) => {
    let value = VALUES.get(digit)
    if (value === undefined) VALUES.set(digit, value = asciiDigit(digit))
    return value
  })
}

/** A cache. Unicode has some 700 digits. */
const VALUES = new Map<string, string>()

/**
 * Unicode keeps the ten digits of a script in order and next to each other. The sets of mathematical digits have no
 * gaps between them, but are compatible with ASCII.
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
