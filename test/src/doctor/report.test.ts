import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { findingsOf } from '../../../src/doctor/finding.ts'
import { reportLines, summaryOf } from '../../../src/doctor/report.ts'

const { ok, warning, failure, skipped } = findingsOf('disk')

t.test('a report has a line for each finding, and one for what to do', async (t) => {
  const findings = [ok('Fine.'), warning('Low.', 'Clean up.'), failure('Full.', 'Clean up now.'), skipped('Nothing there.')]
  const lines = reportLines(findings).map(stripVTControlCharacters)

  t.strictSame(lines, [
    '✓ disk                 Fine.',
    '! disk                 Low.',
    '                       → Clean up.',
    '✗ disk                 Full.',
    '                       → Clean up now.',
    '– disk                 Nothing there.'
  ])
  t.equal(summaryOf(findings), '1 fine, 1 to look at, 1 broken, 1 not checked.')
})
