/** A store whose files are sealed keeps all that any store promises. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createFormats } from '../../../../src/store/formats.ts'
import { createSealer } from '../../../../src/store/sealer.ts'
import { storeContract } from '../../../store-contract.ts'
import { checks, filePlace } from '../../../stored.ts'

const formats = createFormats(checks, createSealer([randomBytes(32).toString('base64')]))

t.test('contract', async (t) => await storeContract(t, (t) => filePlace(t, { formats }).open))
