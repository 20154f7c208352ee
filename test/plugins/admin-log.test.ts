import t from 'tap'
import { ADMIN_KEY, build } from '../helper.ts'

const caller = 'a'.repeat(64)
const headers = { authorization: `Bearer ${ADMIN_KEY}` }

t.test('each change of the operator is one log line, without its content', async (t) => {
  const app = await build(t)

  await app.inject({ method: 'POST', url: `/api/memory/${caller}`, headers, payload: { fact: 'likes tea' } })
  await app.inject({ method: 'DELETE', url: `/api/memory/${caller}`, headers })
  await app.inject({ url: `/api/memory/${caller}`, headers })
  await app.inject({ method: 'DELETE', url: `/api/memory/${caller}` })

  t.match(app.lines.filter(({ msg }) => msg === 'admin'), [
    { level: 30, caller: 'aaaaaaaa', method: 'POST', route: '/api/memory/:phone_hash' },
    { level: 30, caller: 'aaaaaaaa', method: 'DELETE', route: '/api/memory/:phone_hash' }
  ])
  t.equal(app.lines.filter(({ msg }) => msg === 'admin').length, 2)
  t.notMatch(JSON.stringify(app.lines), /tea/)
})
