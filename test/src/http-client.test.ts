import t from 'tap'
import { describeFault, retryAfterMs } from '../../src/http-client.ts'

t.test('reads how long a server asks to wait, in seconds or as a date', async (t) => {
  const now = new Date('2026-11-22T09:30:00.000Z')
  const cases: Array<[value: string | null, ms: number | null]> = [
    ['7', 7000], ['0', 0], ['120', 120_000],
    ['Sun, 22 Nov 2026 09:31:00 GMT', 60_000], ['Sunday, 22-Nov-26 09:31:00 GMT', 60_000], ['Sun, 22 Nov 2026 09:29:00 GMT', 0],
    [null, null], ['', null], ['soon', null], ['-1', null], ['1.5', null], ['7 s', null], ['9'.repeat(400), null], ['2026-11-22T09:31:00Z', null],
    ['Sun, 99 Nov 2026 09:31:00 GMT', null]
  ]
  for (const [value, ms] of cases) t.equal(retryAfterMs(new Headers(value === null ? {} : { 'retry-after': value }), now), ms, value ?? 'none')
})

t.test('a fault is named by its code, however deep it lies, and by nothing else', async (t) => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:443'), { code: 'ECONNREFUSED' })
  const cases: Array<[error: unknown, text: string]> = [
    [refused, 'the connection failed, ECONNREFUSED'],
    [new Error('x', { cause: new TypeError('fetch failed', { cause: refused }) }), 'the connection failed, ECONNREFUSED'],
    [Object.assign(new Error('x'), { code: 'ERR_SSL_TLSV1_ALERT' }), 'the connection failed, ERR_SSL_TLSV1_ALERT'],
    [Object.assign(new Error('x'), { code: 'a secret' }), 'the connection failed'],
    [new TypeError('http://user:password@host is no address'), 'the connection failed'],
    [new DOMException('it did not respond within 7 seconds', 'TimeoutError'), 'it did not respond within 7 seconds'],
    ['thrown', 'the connection failed']
  ]
  for (const [error, text] of cases) t.equal(describeFault(error), text)
})
