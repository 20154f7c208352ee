import t from 'tap'
import { asciiDigits } from '../../../src/phone/ascii-digits.ts'

t.test('the digits of any script become ASCII digits, and nothing else changes', async (t) => {
  for (const digits of ['0123456789', '０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '०१२३४५६७८९', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡', '𞥐𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘𞥙']) {
    t.equal(asciiDigits(digits), '0123456789', digits)
  }
  t.equal(asciiDigits('½ of Ⅳ, 5 ² and 二 x'), '½ of Ⅳ, 5 ² and 二 x')
})
