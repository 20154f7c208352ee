import t from 'tap'
import { rootWarning } from '../../src/process.ts'

t.test('root is warned of, and nobody else', async (t) => {
  t.match(rootWarning(0), /^running as root/)
  for (const uid of [1, 1000, undefined]) t.equal(rootWarning(uid), null)
})
