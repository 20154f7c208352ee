import fc from 'fast-check'

const SURROGATES_FROM = 0xd800
const SURROGATES = 0x800

/**
 * Any character of Unicode. As `unit: 'binary'` of fast-check, which takes most of a second to make a table of all of
 * them.
 */
export const anyCharacter = fc.nat(0x10ffff - SURROGATES).map(
  (n) => String.fromCodePoint(n < SURROGATES_FROM ? n : n + SURROGATES),
  (character) => {
    if (typeof character !== 'string' || [...character].length !== 1) throw new Error('not one character')
    const codePoint = character.codePointAt(0)!
    return codePoint < SURROGATES_FROM ? codePoint : codePoint - SURROGATES
  }
)
