import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js'
import t from 'tap'
import { asciiDigits, maskE164, maskNumber } from '../../../src/phone/mask-number.ts'
import { runs } from '../../long.ts'

const GERMAN = '+4915112345678'
const AMERICAN = '+15550100123'

const mask = (text: string, caller: string) => maskNumber(text, (e164) => e164 === caller)

t.test('maskNumber', async (t) => {
  t.test('masks the caller\'s number in every spelling', async (t) => {
    for (const spelling of [
      '+4915112345678', '+49 151 12345678', '+49 (0) 151 12345678', '+49(0)15112345678', '004915112345678', '0049 151 / 123 45 678',
      '011 49 151 12345678', '4915112345678', '0151 12345678', '0151-123-456-78', '0151.1234.5678', '15112345678',
      '0 1 5 1 1 2 3 4 5 6 7 8', '0151\u00a012345678', '0151‑1234‑5678', '0151 – 12345678'
    ]) {
      t.equal(mask(`Call ${spelling}, please.`, GERMAN), 'Call [number], please.', spelling)
      t.equal(mask(spelling, GERMAN), '[number]', `${spelling} alone`)
    }
    for (const spelling of ['(555) 010-0123', '555-010-0123', '5550100123', '1-555-010-0123', '+1 555 010 0123', '1 (555) 010.0123']) {
      t.match(mask(`Call ${spelling}, please.`, AMERICAN), /^Call \(?\[number\], please\.$/, spelling)
    }
  })

  t.test('masks every occurrence', async (t) => {
    t.equal(mask('555-010-0123, again: +15550100123; and 5550100123', AMERICAN), '[number], again: [number]; and [number]')
  })

  t.test('leaves other numbers and digits alone', async (t) => {
    for (const text of [
      'Call +1 555 010 0124.', 'Order 5550100123456 of 2026-10-18, 09:20.', 'IBAN DE89 3704 0044 0532 0130 00', 'Room 0123, 555 010', '+49 151 12345679', ''
    ]) t.equal(mask(text, AMERICAN), text)
  })

  t.test('finds it next to other numbers', async (t) => {
    t.equal(mask('+1 555 010 0124 +1 555 010 0123 +1 555 010 0125', AMERICAN), '+1 555 010 0124 [number] +1 555 010 0125')
    t.equal(mask('+15550100123 +15550100123', AMERICAN), '[number] [number]')
    t.equal(mask('Order 12345, +15550100123', AMERICAN), 'Order 12345, [number]')
  })

  t.test('tries a limited number of readings, and masks what it could not try', async (t) => {
    for (const text of ['5 '.repeat(2000), '5550100124 '.repeat(360), '7'.repeat(4000), '(5) -'.repeat(800)]) {
      let questions = 0
      t.notMatch(maskNumber(`${text} +49 30 1234567`, () => ++questions === 0), '1234567')
      t.ok(questions <= 25_000, `${questions} for ${text.slice(0, 12)}…`)
    }
  })

  t.test('masks the caller\'s number in the digits of other scripts, and with unusual separators', async (t) => {
    for (const text of [
      '５５５０１００１２３', '٥٥٥٠١٠٠١٢٣', '۵۵۵۰۱۰۰۱۲۳', '𝟓𝟓𝟓𝟎𝟏𝟎𝟎𝟏𝟐𝟑', '(555) - 010 - 0123', '555−010−0123', '555_010_0123',
      '555\u200b010\u200b0123', '555 | 010 | 0123', '+१ ५५५ ०१० ०१२३'
    ]) {
      t.match(maskNumber(`call ${text} now`, (e164) => e164 === '+15550100123'), /^call \(?\[number\] now$/, text)
    }
  })

  t.test('masks the digits of any number, and only those', async () => {
    const digits = (min: number, max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max })
    const number = fc.tuple(fc.constantFrom('1', '49', '44', '33', '91', '61', '55', '90'), digits(7, 11))
      .map(([code, rest]) => parsePhoneNumberFromString(`+${code}${rest}`))
      .filter((parsed) => parsed?.isPossible() === true && /^[1-9]\d{6,}$/.test(parsed.nationalNumber))
      .map((parsed) => ({
        e164: parsed!.number as string,
        code: parsed!.countryCallingCode as string,
        national: parsed!.nationalNumber as string
      }))
    const gap = fc.constantFrom('', ' ', '-', '.', ' - ')
    const words = fc.string({ unit: fc.constantFrom(...'abcäöü ,.:!?'), maxLength: 20 })
    const spelled = fc.tuple(number, gap, fc.nat(5)).map(([number, gap, style]) => {
      const national = number.national.match(/.{1,3}/g)!.join(gap)
      const spellings = [
        number.e164, `+${number.code}${gap}${national}`, `00${number.code}${gap}${national}`, `011${gap}${number.code}${gap}${national}`,
        national, `0${national}`
      ]
      return { ...number, text: spellings[style]! }
    })
    fc.assert(fc.property(spelled, number, words, words, (caller, other, before, after) => {
      fc.pre(caller.e164 !== other.e164)
      // A letter on both sides keeps the words' punctuation from being read as a part of the number.
      const text = `${before}x ${caller.text} y${after}z ${other.e164} w`
      return maskNumber(text, (e164) => e164 === caller.e164) === `${before}x [number] y${after}z ${other.e164} w`
    }), { numRuns: runs(300) })
  })

  t.test('gives the same result when the number is known', async () => {
    const piece = fc.constantFrom(
      '15550100123', '5550100123', '4915112345678', '015112345678', '15112345678', '00', '011', '+', '(0)', '1', '55', ' ', '-', ',', ' / ', 'x', '１'
    )
    const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(GERMAN, AMERICAN),
        (text, caller) => maskE164(text, caller) === mask(text, caller)
      ),
      { numRuns: runs(1000) }
    )
  })
})

t.test('the digits of any script become ASCII digits, and nothing else changes', async (t) => {
  for (const digits of ['0123456789', '０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '०१२३४५६७८९', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡', '𞥐𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘𞥙']) {
    t.equal(asciiDigits(digits), '0123456789', digits)
  }
  t.equal(asciiDigits('½ of Ⅳ, 5 ² and 二 x'), '½ of Ⅳ, 5 ² and 二 x')
})
