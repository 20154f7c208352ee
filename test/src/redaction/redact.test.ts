import assert from 'node:assert/strict'
import luhn from 'fast-luhn'
import fc from 'fast-check'
import t from 'tap'
import { redact } from '../../../src/redaction/redact.ts'
import { isLong, runs } from '../../long.ts'

/** Numbers for tests, by the networks and by payment companies. @see https://docs.stripe.com/testing https://developer.paypal.com/tools/sandbox/card-testing/ */
const TEST_CARDS: Array<[network: string, number: string]> = [
  ['Visa', '4111 1111 1111 1111'],
  ['Visa', '4012 8888 8888 1881'],
  ['Visa of 13 digits', '4222 2222 2222 2'],
  ['Mastercard', '5555 5555 5555 4444'],
  ['Mastercard, 2-series', '2223 0031 2200 3222'],
  ['American Express', '3782 822463 10005'],
  ['American Express', '3714 496353 98431'],
  ['Discover', '6011 1111 1111 1117'],
  ['Diners Club', '3056 930902 5904'],
  ['JCB', '3530 1113 3330 0000'],
  ['UnionPay', '6200 0000 0000 0005'],
  ['UnionPay of 19 digits', '6205 5000 0000 0000 004'],
  ['Maestro', '6759 6498 2643 8453']
]

/** Digits with a check digit behind them. */
function withCheckDigit (digits: string): string {
  return [...'0123456789'].map((check) => digits + check).find((number) => luhn(number))!
}

const digits = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length })

t.test('card numbers are masked', async (t) => {
  for (const [network, number] of TEST_CARDS) {
    for (const spelling of [number, number.replaceAll(' ', ''), number.replaceAll(' ', '-'), number.replaceAll(' ', '.'), number.replaceAll(' ', ' - ')]) {
      t.equal(redact(spelling), '[card number]', `${network}: ${spelling}`)
      t.equal(redact(`It is ${spelling}, and`), 'It is [card number], and', `${network}: ${spelling}, in a sentence`)
    }
  }
})

t.test('a card number is masked in every spelling', async (t) => {
  for (const spelling of [
    '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', '41 11 11 11 11 11 11 11', '411111 1111111111', '4111, 1111, 1111, 1111', '4111 1111, 1111-1111', '4111... 1111... 1111... 1111',
    '4111\u00a01111\u00a01111\u00a01111', '4111\u202f1111\u202f1111\u202f1111', '4111‑1111‑1111‑1111', '4111–1111–1111–1111', '4111−1111−1111−1111', '4111\u200b1111\u200b1111\u200b1111',
    '４１１１１１１１１１１１１１１１', '４１１１　１１１１　１１１１　１１１１', '٤١١١١١١١١١١١١١١١', '𝟒𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏 𝟏𝟏𝟏𝟏', '4111\n1111\n1111\n1111',
    'four one one one one one one one one one one one one one one one', 'Four one one one, one one one one, one one one one, one one one one',
    'four triple one double one double one 1111 one one one one'
  ]) {
    for (const [before, after] of [['', ''], ['My card is ', '.'], ['(', ')'], ['card:', '!'], ['カード番号は', 'です'], ['"', '" 12/27'], ['1: ', ', 123']]) {
      if (before === 'カード番号は' && spelling.includes('one')) continue
      t.equal(redact(`${before}${spelling}${after}`), `${before}[card number]${after}`, `${before}${spelling}${after}`)
    }
  }
})

t.test('a card number that is said in pairs is masked in seven languages', async (t) => {
  const eleven = { en: 'eleven', es: 'once', fr: 'onze', de: 'elf', pt: 'onze', it: 'undici', nl: 'elf' }
  const first = { en: 'forty-one', es: 'cuarenta y uno', fr: 'quarante et un', de: 'einundvierzig', pt: 'quarenta e um', it: 'quarantuno', nl: 'eenenveertig' }
  for (const [code, pair] of Object.entries(eleven)) {
    const start = first[code as keyof typeof first]
    for (const spelling of [`${start}${` ${pair}`.repeat(7)}`, `${start} ${pair}${`, ${pair} ${pair}`.repeat(3)}`, `${start.toUpperCase()}${`, ${pair}`.repeat(7)}`]) {
      for (const [before, after] of [['', ''], ['card: ', '.'], ['7, ', ', 30/12']]) t.equal(redact(`${before}${spelling}${after}`), `${before}[card number]${after}`, spelling)
    }
  }
  t.equal(redact('fifty-three ninety-nine, 83 double two, oh eight nine eight, 28 fifty-four ok?'), '[card number] ok?')
  t.equal(redact('my PIN is forty-eight twenty-one'), 'my PIN is [PIN]')
})

t.test('numbers that are said in words for something else stay', async (t) => {
  for (const text of [
    'between nineteen eighty-four and twenty twenty, and in nineteen ninety-nine, two thousand one', 'twelve ninety-nine, nine ninety-five, fifteen fifty and twenty',
    'zéro six douze trente-quatre cinquante-six soixante-dix-huit', 'null eins sieben sechs zwölf vierunddreißig sechsundfünfzig acht', 'call five five five, twelve, twelve, thirty-four',
    'forty-two Elm Street, apartment eleven, second floor', 'ten twelve fourteen sixteen eighteen twenty twenty-two twenty-four twenty-six', 'twenty, twenty-one, twenty-two, twenty-three, twenty-four, twenty-five, twenty-six, twenty-seven',
    'sieben acht neun zehn elf zwölf dreizehn vierzehn', 'forty-one eleven eleven eleven eleven eleven eleven twelve'
  ]) t.equal(redact(text), text)
})

t.test('a card number is masked among other numbers', async (t) => {
  const cases: Array<[text: string, redacted: string]> = [
    ['4111 1111 1111 1111 5555 5555 5555 4444', '[card number] [card number]'],
    ['4111111111111111 5555555555554444', '[card number] [card number]'],
    ['+49 30 123456 4111 1111 1111 1111', '+49 30 123456 [card number]'],
    ['4111 1111 1111 1111 12/27 123', '[card number] 12/27 123'],
    ['4111 1111 1111 1111, 555-010-0123', '[card number], 555-010-0123'],
    ['order 77, 4111 1111 1111 1111', 'order 77, [card number]'],
    ['A4111111111111111B', 'A[card number]B'],
    // Digits that can be read as one number of 19 digits, and as one of 16 within it.
    ['4 4 1 7 1 9 5 8 2 0 0 0 0 0 8 5 3 3 0!', '[card number]!']
  ]
  for (const [text, redacted] of cases) t.equal(redact(text), redacted, text)
})

t.test('other numbers stay', async (t) => {
  t.equal(luhn('4917612345679'), true, 'a German mobile number with a valid check digit')
  for (const text of [
    '', 'No digits here', '4111 1111 1111 1112', '4111111111111112', 'Order 1234567890123456', `Run ${withCheckDigit('4'.repeat(24))}`, `Run ${withCheckDigit('4'.repeat(19))}`,
    withCheckDigit('411111111111'.slice(1)), '0000 0000 0000 0000', '0000000000000000',
    '+4917612345679', '+49 176 12345679', '+ 49 176 1234 5679', '4917612345679', '49 176 12345679', '004917612345679', '0049 176 1234 5679', '+1 555 010 0123', '(555) 010-0123',
    '2026-11-24 10:30', '2026-11-24 2026-11-25', '24.11.2026, 25.11.2026', '2019, 2020, 2021, 2022', '1.234.567,89 €', '$1,234,567,890.00', '1 two 3',
    'Call 555 010 0123, 555 010 0124, 555 010 0125', 'Rooms 101, 102, 103, 104, 105, 106', '071 230 3652, 071 236 0721',
    '2 6 3 7 1 2 3 3 0 5 8 5, 2 6 3 7 1 2 3 0 2 1 3 7', 'one two three'
  ]) t.equal(redact(text), text)
})

t.test('no phone number after a plus is a card number', async () => {
  fc.assert(fc.property(fc.integer({ min: 11, max: 14 }).chain(digits), (number) => redact(`+${withCheckDigit(`4${number}`)}`) === `+${withCheckDigit(`4${number}`)}`))
})

t.test('any number of 16 digits in one piece is masked exactly when its check digit is right', async () => {
  fc.assert(fc.property(digits(16), (number) => {
    fc.pre(!number.startsWith('0'))
    return redact(`a ${number} z`) === (luhn(number) ? 'a [card number] z' : `a ${number} z`)
  }), { numRuns: runs(1000) })
})

t.test('social security numbers are masked', async (t) => {
  for (const number of ['123-45-6789', '123 45 6789', '123‑45‑6789', '123\u00a045\u00a06789', '123 - 45 - 6789', '１２３-４５-６７８９', '001-01-0001', '665-01-0001', '667-01-0001', '899-99-9999']) {
    for (const [before, after] of [['', ''], ['It is ', '.'], ['(', ')'], ['born 1980-01-02, ', ', 555-010-0123'], ['1980 ', ' 12 Main St']]) {
      t.equal(redact(`${before}${number}${after}`), `${before}[social security number]${after}`, `${before}${number}${after}`)
    }
  }
  t.equal(redact('123-45-6789 and 123 45 6788'), '[social security number] and [social security number]')
  t.equal(redact('123 45 6789 123 45 6788'), '[social security number] [social security number]')
})

t.test('numbers that are never issued stay', async (t) => {
  for (const text of [
    '000-12-3456', '666-12-3456', '900-12-3456', '999-99-9999', '123-00-4567', '123-45-0000', '123-45-678', '123-45-67890', '1234-56-7890', '12-345-6789', '12-34-56789', '123-456-789',
    '123-45 6789', '123.45.6789', '123, 45, 6789', '123456789', '+49 123 45 6789', '+123 45 6789', '0 123 45 6789', '1-123-45-6789', 'Order 123456789'
  ]) t.equal(redact(text), text)
})

t.test('nine digits are a social security number after its name', async (t) => {
  const cases: Array<[text: string, redacted: string]> = [
    ['My SSN is 123456789.', 'My SSN is [social security number].'],
    ['social security number? It is, uh, 123456789', 'social security number? It is, uh, [social security number]'],
    ['Social-Security: 123 456 789', 'Social-Security: [social security number]'],
    ['S.S.N. 123.45.6789', 'S.S.N. [social security number]'],
    ['ssn one two three, four five, six seven eight nine', 'ssn [social security number]'],
    ['SSN 123456789 and 987654321', 'SSN [social security number] and 987654321'],
    ['SSN 123 45 6789 123 45 6788', 'SSN [social security number] [social security number]'],
    [`SSN ${'x'.repeat(38)} 123456789`, `SSN ${'x'.repeat(38)} [social security number]`],
    ['SSN 1 123 45 6789', 'SSN 1 [social security number]']
  ]
  for (const [text, redacted] of cases) t.equal(redact(text), redacted, text)
  for (const text of ['SSN 000456789', 'SSN 12345678', 'SSN 1234567890', 'ssnx 123456789', 'the lessn 123456789', `SSN ${'x'.repeat(39)} 123456789`, 'social security number, order 5: 123456789']) {
    t.equal(redact(text), text)
  }
})

/** @see https://www.iban.com/structure */
const TEST_IBANS = [
  'DE89 3704 0044 0532 0130 00', 'GB29 NWBK 6016 1331 9268 19', 'FR14 2004 1010 0505 0001 3M02 606', 'NL91 ABNA 0417 1643 00', 'NO93 8601 1117 947',
  'MT84 MALT 0110 0001 2345 MTLC AST0 01S', 'CH93 0076 2011 6238 5295 7', 'ES91 2100 0418 4502 0005 1332', 'IT60 X054 2811 1010 0000 0123 456', 'AT61 1904 3002 3457 3201'
]

t.test('IBANs are masked', async () => {
  for (const iban of TEST_IBANS) {
    for (const spelling of [
      iban, iban.replaceAll(' ', ''), iban.replaceAll(' ', '-'), iban.toLowerCase(), iban.replaceAll(' ', '\u00a0'), iban.replaceAll(' ', '').toLowerCase(), [...iban.replaceAll(' ', '')].join(' ').replace(' ', ''),
      iban.replace(/[A-Z0-9]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) + 0xfee0))
    ]) {
      for (const [before, after] of [['', ''], ['IBAN: ', '.'], ['口座は', 'です'], ['Is AT61 wrong? ', ' EUR 20'], ['(', '), 4 of 7'], ['20', 'or']]) {
        if (/[a-z]$/i.test(spelling.normalize('NFKC')) && after === 'or') continue
        assert.equal(redact(`${before}${spelling}${after}`), `${before}[IBAN]${after}`)
      }
    }
  }
})

t.test('text that is not an IBAN stays', async (t) => {
  for (const text of [
    'DE88 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130', 'DE8937040044053201300012', 'XX89 3704 0044 0532 0130 00', 'ADE89 3704 0044 0532 0130 00', 'is 24 hours 7 days a week, and 365 days a year'
  ]) t.equal(redact(text), text)
})

const piece = fc.oneof(
  fc.constantFrom(
    ...TEST_CARDS.map(([, number]) => number), ...TEST_IBANS, ...TEST_IBANS.map((iban) => iban.replaceAll(' ', '')), '4111111111111111', '123-45-6789', '123 45 6789', '123456789', '212345678', '+49 ', '+',
    'SSN ', 'social security ', ' four ', 'one', 'double ', 'forty-one', ' eleven', ' ', '-', ', ', '.', 'x', '[', ']', '[IBAN]', '[card number]', '1', '12', '４'
  ),
  fc.integer({ min: 1, max: 19 }).chain(digits)
)
const hostileText = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

t.test('redacting twice is redacting once', async (t) => {
  const ones = ' one'.repeat(15)
  for (const text of [`4111111111111111four${ones}`, `four${ones}5555555555554444`]) t.equal(redact(redact(text)), redact(text), text)
  fc.assert(fc.property(hostileText, (text) => redact(redact(text)) === redact(text)), { numRuns: runs(5000) })
})

t.test('the text around a mask stays', async () => {
  fc.assert(fc.property(hostileText, (text) => {
    const kept = redact(text).split(/\[(?:card number|social security number|IBAN)\]/)
    let at = 0
    return kept.every((part) => (at = text.indexOf(part, at) + part.length) >= part.length)
  }))
})

t.test('a megabyte of any text takes a few seconds at most', async (t) => {
  const chars = isLong ? 1_000_000 : 100_000
  for (const unit of ['4', '4 ', '4111111111111111 ', '4917612345679 ', '123 45 ', 'DE89 ', 'DE89', 'a', 'one ', 'forty one eleven ', 'SSN 1 ', ' ', '4 -', '𝟒 ']) {
    const start = process.cpuUsage()
    redact(unit.repeat(chars / unit.length))
    const milliseconds = process.cpuUsage(start).user / 1000
    t.ok(milliseconds < chars / 100, `${Math.round(milliseconds)} ms for ${unit}`)
  }
})
