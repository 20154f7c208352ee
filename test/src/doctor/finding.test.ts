import t from 'tap'
import { exitCodeOf, findingsOf } from '../../../src/doctor/finding.ts'

const { ok, warning, failure, skipped } = findingsOf('disk')

t.test('the exit code is that of the worst finding', async (t) => {
  t.equal(exitCodeOf([]), 0)
  t.equal(exitCodeOf([ok('Fine.'), skipped('Nothing there.')]), 0)
  t.equal(exitCodeOf([warning('Low.', 'Clean up.'), ok('Fine.')]), 1)
  t.equal(exitCodeOf([failure('Full.', 'Clean up.'), warning('Low.', 'Clean up.')]), 2)
})
