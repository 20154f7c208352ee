import t from 'tap'
import { cutText } from '../../src/cut-text.ts'

t.test('a text is cut by characters, not by halves of them', async (t) => {
  t.equal(cutText('abc', 3), 'abc')
  t.equal(cutText('abcd', 3), 'abc')
  t.equal(cutText('a😀😀😀', 3), 'a😀😀')
  t.equal(cutText('😀😀', 3), '😀😀')
  t.equal(cutText('\ud83d\ud83d\ude00x', 2), '\ud83d\ud83d\ude00')
  t.equal(cutText('', 0), '')
})
