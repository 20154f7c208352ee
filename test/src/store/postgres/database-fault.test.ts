import { inspect } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { StorageUnavailable } from '../../../../src/errors.ts'
import { DatabaseFault, faultBehind, reaching } from '../../../../src/store/postgres/database-fault.ts'

/** An error as the server sends it, with a row in it. */
function serverError () {
  const error = new pg.DatabaseError('null value in column "body"', 100, 'error')
  return Object.assign(error, { code: '23502', detail: 'Failing row contains (grows orchids).', where: 'orchids' })
}

t.test('a fault says what happened and nothing of a row, a connection or a secret', async (t) => {
  const lost = Object.assign(new Error('Connection terminated unexpectedly'), { client: { password: 'orchids' } })
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })

  const faults = [serverError(), lost, new AggregateError([refused, new Error('connect ENETUNREACH')]), 'orchids'].map((error) => new DatabaseFault(error))

  t.strictSame(faults.map(({ message, code, isFromServer }) => ({ message, code, isFromServer })), [
    { message: 'null value in column "body" (SQLSTATE 23502)', code: '23502', isFromServer: true },
    { message: 'Connection terminated unexpectedly', code: undefined, isFromServer: false },
    { message: 'connect ECONNREFUSED 127.0.0.1:1; connect ENETUNREACH', code: undefined, isFromServer: false },
    { message: 'unknown error', code: undefined, isFromServer: false }
  ])
  t.notMatch(inspect(faults, { depth: 9, showHidden: true }), /orchids/)
})

t.test('any failure on the way to the database becomes StorageUnavailable', async (t) => {
  const error: unknown = await reaching(async () => { throw serverError() }).catch((error: unknown) => error)

  t.type(error, StorageUnavailable)
  t.equal(faultBehind(error)?.code, '23502')
  t.equal(faultBehind(new StorageUnavailable({ cause: new Error('a newer version') })), null)
  t.equal(faultBehind(new Error('no')), null)
  t.equal(await reaching(async () => 'fine'), 'fine')
})
