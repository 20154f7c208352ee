/** A backup is the way from one driver to the other. */
import t from 'tap'
import { filesUnder } from '../../stored.ts'
import { sharedPostgres } from '../../postgres.ts'
import { run, serve } from './command.ts'
import { everythingIn, filled } from './filled.ts'

t.test('from files to PostgreSQL and back, beside a bridge, nothing is lost', async (t) => {
  const server = await sharedPostgres()
  const { env, place, file, elsewhere } = await filled(t)
  const DATABASE_URL = await server.newDatabase()
  const database = { ...env, DATABASE_URL }
  const { stop } = await serve(t, database)

  t.match(await run(t, ['backup', file], env), { code: 0 })
  t.match(await run(t, ['restore', file], database), { code: 0, err: /119 restored/ })
  t.match(await run(t, ['restore', file], database), { code: 0, err: /119 already in the store/ })
  t.match(await run(t, ['backup', file, '--force'], database), { code: 0, err: /^120 callers and 2 other documents/ })
  t.match(await run(t, ['restore', file], elsewhere), { code: 0, err: /119 restored/ })

  t.strictSame(await everythingIn(elsewhere.DATA_DIR), await everythingIn(place.folder))
  await stop()
  const { err, out, code } = await run(t, ['hash', '+15550100123'], { ...database, DATABASE_URL: DATABASE_URL.replace(/:\d+\//, ':1/') })
  t.equal(code, 1)
  t.equal(out, '')
  t.notMatch(err, /a-database-password/)
  t.ok((await filesUnder(place.folder)).size > 0)
})
