import t from 'tap'
import { isOneOf } from '../../src/secrets.ts'

t.test('isOneOf', async (t) => {
  for (const [says, given, secrets, expected] of [
    ['finds the only secret', 'secret', ['secret'], true],
    ['finds the last of several', 'three', ['one', 'two', 'three'], true],
    ['finds secrets of other lengths than the first', 'a much longer secret than the others', ['one', 'a much longer secret than the others'], true],
    ['refuses one that differs in the last character', 'secret1', ['secret2'], false],
    ['refuses a beginning', 'secre', ['secret'], false],
    ['refuses one that goes on', 'secrets', ['secret'], false],
    ['tells upper from lower case', 'Secret', ['secret'], false],
    ['refuses the empty text', '', ['secret'], false],
    ['matches nothing in an empty list', '', [], false],
    ['compares beyond ASCII', 'schlüssel', ['schlüssel'], true]
  ] as const) {
    t.test(says, async (t) => {
      t.equal(isOneOf(given, secrets), expected)
    })
  }
})
