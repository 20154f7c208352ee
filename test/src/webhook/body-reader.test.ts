import { Readable } from 'node:stream'
import { mock } from 'node:test'
import t from 'tap'
import { LARGE_BODY_BYTES, readBody, type BodyReading } from '../../../src/webhook/body-reader.ts'

const AUDIO = '{"type":"post_call_audio","data":{"full_audio":"'

function reading (overrides: Partial<BodyReading> = {}) {
  const seen = { bytes: 0, large: 0 }
  const options: BodyReading = {
    maxBytes: 3 * LARGE_BODY_BYTES,
    maxAudioBytes: 8 * LARGE_BODY_BYTES,
    check: { update: (chunk) => { seen.bytes += chunk.length } },
    takeLargeSlot: async () => { seen.large++ },
    ...overrides
  }
  return { options, seen }
}

/** `text` and then as many bytes as are missing to `bytes`, in pieces. */
function body (text: string, bytes = text.length, piece = 65_536): Readable {
  const whole = Buffer.concat([Buffer.from(text), Buffer.alloc(bytes - Buffer.byteLength(text), 'a')])
  const pieces = Array.from(
    { length: Math.ceil(whole.length / piece) },
    (_, index) => whole.subarray(index * piece, (index + 1) * piece)
  )
  return Readable.from(pieces, { objectMode: false })
}

t.test('readBody', async (t) => {
  t.test('gives the bytes as they came, and shows every one of them', async (t) => {
    const { options, seen } = reading()

    t.equal(String(await readBody(body('{"name":"Zoë"}', 15, 4), options)), '{"name":"Zoë"}')
    t.strictSame(seen, { bytes: 15, large: 0 })
  })

  t.test('gives no bytes for an empty body', async (t) => {
    t.equal((await readBody(Readable.from([], { objectMode: false }), reading().options))?.length, 0)
  })

  t.test('takes a large place for what is above 1 MB, and only then', async (t) => {
    const small = reading()
    const large = reading()

    t.equal((await readBody(body('{', LARGE_BODY_BYTES), small.options))?.length, LARGE_BODY_BYTES)
    t.equal((await readBody(body('{', 2 * LARGE_BODY_BYTES), large.options))?.length, 2 * LARGE_BODY_BYTES)
    t.equal(small.seen.large, 0)
    t.strictSame(large.seen, { bytes: 2 * LARGE_BODY_BYTES, large: 1 })
  })

  t.test('takes a body of exactly the limit, and refuses one byte more', async (t) => {
    const { options } = reading({ maxBytes: 1000 })

    t.equal((await readBody(body('{', 1000, 100), options))?.length, 1000)
    await t.rejects(readBody(body('{', 1001, 100), options), { code: 'BRIDGE_BODY_TOO_LARGE', statusCode: 413 })
  })

  t.test('refuses a body as soon as it is too large, not at its end', async (t) => {
    const { options, seen } = reading({ maxBytes: 1000 })

    await t.rejects(readBody(body('{', 100_000, 100), options), { code: 'BRIDGE_BODY_TOO_LARGE' })
    t.equal(seen.bytes, 1100)
  })

  t.test('reads past audio beyond the limit of other bodies, without a large place', async (t) => {
    const { options, seen } = reading()

    t.equal(await readBody(body(AUDIO, 8 * LARGE_BODY_BYTES), options), null)
    t.strictSame(seen, { bytes: 8 * LARGE_BODY_BYTES, large: 0 })
  })

  t.test('knows audio by its first bytes, in pieces of any size and with blanks', async (t) => {
    t.equal(await readBody(body(AUDIO, 10_000, 7), reading().options), null)
    t.equal(await readBody(body('{ "data":{}, "type" :\n"post_call_audio" }'), reading().options), null)
    t.equal(await readBody(body(' '.repeat(4000) + AUDIO, 10_000), reading().options), null)
  })

  t.test('does not take for audio what only speaks of it', async (t) => {
    const text = JSON.stringify({ type: 'post_call_transcription', data: { said: '"type":"post_call_audio"' } })

    t.equal(String(await readBody(body(text), reading().options)), text)
    t.equal((await readBody(body(' '.repeat(4096) + AUDIO, 10_000), reading().options))?.length, 10_000, 'too late in the body')
  })

  t.test('limits audio too', async (t) => {
    await t.rejects(readBody(body(AUDIO, 8 * LARGE_BODY_BYTES + 1), reading().options), { code: 'BRIDGE_BODY_TOO_LARGE' })
  })

  t.test('holds audio to the common limit where it is not expected', async (t) => {
    const { options } = reading({ maxBytes: 10_000, maxAudioBytes: null })

    t.equal((await readBody(body(AUDIO, 9000), options))?.length, 9000)
    await t.rejects(readBody(body(AUDIO, 10_001), options), { code: 'BRIDGE_BODY_TOO_LARGE' })
  })

  t.test('ends the connection of a body that comes in tiny pieces', async (t) => {
    const tiny = body('{', 20_000, 1)

    await t.rejects(readBody(tiny, reading().options), { code: 'BRIDGE_BODY_CUT_OFF', cause: { message: /small chunks/ } })
    t.ok(tiny.destroyed)
  })

  t.test('says that the body was cut off when the connection breaks', async (t) => {
    const broken = Readable.from((async function * () {
      yield Buffer.from('{')
      throw new Error('aborted')
    })(), { objectMode: false })

    await t.rejects(readBody(broken, reading().options), { code: 'BRIDGE_BODY_CUT_OFF', statusCode: 408, cause: { message: 'aborted' } })
  })

  t.test('says so too when a large body waits for its place, which then comes too late', async (t) => {
    const connection = new Readable({ read () {} })
    const { options } = reading({
      takeLargeSlot: async () => {
        connection.destroy()
        await new Promise(setImmediate)
      }
    })
    connection.push(Buffer.alloc(LARGE_BODY_BYTES + 1, 'a'))

    await t.rejects(readBody(connection, options), { code: 'BRIDGE_BODY_CUT_OFF' })
    await new Promise(setImmediate)
    t.ok(connection.isPaused())
  })

  t.test('gives a large body ten seconds from when it has its place', async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    const connection = new Readable({ read () {} })
    const { options } = reading({ takeLargeSlot: async () => mock.timers.tick(60_000) })
    const tooSlow = t.rejects(readBody(connection, options), { code: 'BRIDGE_BODY_CUT_OFF', cause: { message: /10000 ms/ } })
    const isFlowing = () => connection.readableFlowing === true
    connection.push(Buffer.alloc(LARGE_BODY_BYTES + 1, 'a'))

    await new Promise(setImmediate)
    t.ok(isFlowing())
    mock.timers.tick(9999)
    t.ok(isFlowing(), 'not yet')
    mock.timers.tick(1)
    t.notOk(isFlowing())
    await tooSlow
  })
})
