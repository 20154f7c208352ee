/** `seal`, as a process: on the data itself, and through the bridge that has it open. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { filesUnder } from '../../stored.ts'
import { run, serve } from './command.ts'
import { filled, hashes } from './filled.ts'

const [key, newer] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string]

/** Everything that is kept of callers and notes, as one text. */
async function textIn (folder: string): Promise<string> {
  return [...await filesUnder(folder)].filter(([name]) => /^(callers|notes)/.test(name)).map(([, bytes]) => bytes.toString()).join('\n')
}

t.test('seals everything, once, and again with a newer key', async (t) => {
  const { env, place } = await filled(t)

  t.match(await run(t, ['seal'], { ...env, DATA_ENCRYPTION_KEY: key }), { code: 0, out: '', err: /^119 records sealed with the first key of DATA_ENCRYPTION_KEY\.\n$/ })
  t.notMatch(await textIn(place.folder), /fact of|closed at noon/)
  t.match(await run(t, ['seal'], { ...env, DATA_ENCRYPTION_KEY: key }), { code: 0, err: /^There was nothing to seal/ })
  t.match(await run(t, ['seal'], { ...env, DATA_ENCRYPTION_KEY: newer }), { code: 78, err: /DATA_ENCRYPTION_KEY lacks key/ })
  t.match(await run(t, ['seal'], { ...env, DATA_ENCRYPTION_KEY: `${newer},${key}` }), { code: 0, err: /^119 records/ })
  t.match(await run(t, ['hash', '+15550100123'], { ...env, DATA_ENCRYPTION_KEY: newer }), { code: 0 }, 'the older key is not needed any more')
})

t.test('goes through a running bridge', async (t) => {
  const { env, place } = await filled(t)
  const sealed = { ...env, DATA_ENCRYPTION_KEY: key }
  const { port, stop } = await serve(t, sealed)

  t.match(await run(t, ['seal'], { ...sealed, PORT: String(port) }), { code: 0, err: /^119 records sealed/ })
  t.notMatch(await textIn(place.folder), /fact of|closed at noon/)
  await stop()
})

t.test('what cannot be read is counted, and ends it with 3', async (t) => {
  const { env, place } = await filled(t)
  writeFileSync(place.recordPath(hashes[5]!), '{')

  const { code, err } = await run(t, ['seal'], { ...env, DATA_ENCRYPTION_KEY: key })

  t.equal(code, 3)
  t.match(err, /118 records sealed.*\n1 record could not be read/)
  t.notMatch(err, hashes[5]!.slice(0, 9))
})

t.test('without a key there is nothing to seal with', async (t) => {
  const { env } = await filled(t)

  t.match(await run(t, ['seal'], env), { code: 78, err: /^DATA_ENCRYPTION_KEY is not set/ })
})
