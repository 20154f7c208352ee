import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { learnOwnNumber, ownNumberTest } from '../../../src/calls/own-numbers.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id-reader.ts'
import { callerHash, filePlace } from '../../stored.ts'

const dana = callerHash(1)
const callerId = createCallerIdReader({ defaultCountry: '', ownNumbers: ['+15550100200'] })
const [configured = ''] = callerId.ownNumbers

t.test('our own numbers are those in the settings and those learned', async (t) => {
  const store = await filePlace(t).open()
  const before = await ownNumberTest(store, callerId)
  await learnOwnNumber(store, dana)
  const after = await ownNumberTest(store, callerId)

  t.strictSame([before(configured), before(dana)], [true, false])
  t.strictSame([after(configured), after(dana), after(callerHash(2))], [true, true, false])
})

t.test('damaged own numbers are none: they cost no call its answer, and can be learned again', async (t) => {
  for (const work of ['ask', 'learn'] as const) {
    await t.test(work, async (t) => {
      const place = filePlace(t)
      const store = await place.open()
      await writeFile(join(place.folder, 'own-numbers.json'), '{"version":1')

      if (work === 'ask') {
        const isOurs = await ownNumberTest(store, callerId)
        t.strictSame([isOurs(configured), isOurs(dana)], [true, false])
      }
      t.equal(await learnOwnNumber(store, dana), true)
      t.ok((await ownNumberTest(store, callerId))(dana))
      t.match(place.damaged, [/^own-numbers\.json\.damaged-/])
    })
  }
})
