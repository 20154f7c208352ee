import { createHash, randomBytes } from 'node:crypto'
import { compactDecrypt, CompactEncrypt } from 'jose'
import t from 'tap'
import { createCallerTokens, NO_TOKENS, type CallerToken } from '../../../src/tools/caller-token.ts'
import { callerHash } from '../../stored.ts'

const bytes = randomBytes(32)
const key = bytes.toString('base64')
const otherKey = randomBytes(32).toString('base64')
const tokens = createCallerTokens([key], 6)

const NOW = new Date('2026-11-27T12:00:00.123Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)
const HOURS = 6 * 60 * 60 * 1000

const token: CallerToken = {
  phoneHash: callerHash(1),
  conversationId: 'conv_1',
  ids: { conversationId: 'conv_1', callSid: 'CA1' },
  issuedAt: NOW.toISOString()
}
const refused = (message: RegExp) => ({ code: 'BRIDGE_TOOL_REFUSED', statusCode: 401, message })

t.test('a token opens as it was sealed, for any of the keys', async (t) => {
  const masked = { ...token, conversationId: 'sip-15550100123', ids: { conversationId: 'sip-[number]', callSid: null } }
  const nobodys = { ...token, phoneHash: null, conversationId: null, ids: { conversationId: null, callSid: null } }
  for (const each of [token, masked, nobodys]) {
    const sealed = tokens.seal(each)
    t.strictSame(tokens.open(sealed, undefined, NOW), each)
    t.strictSame(createCallerTokens([otherKey, key], 6).open(` ${sealed} `, undefined, NOW), each)
  }
  t.not(tokens.seal(token), tokens.seal(token))
})

t.test('a token from before PHONE_HASH_KEY was set or changed names nobody', async (t) => {
  const keyed = createCallerTokens([key], 6, 'a-phone-hash-key-for-tests')
  t.strictSame(keyed.open(keyed.seal(token), undefined, NOW), token)
  for (const [from, to] of [[tokens, keyed], [keyed, tokens], [createCallerTokens([key], 6, 'another'), keyed]] as const) {
    t.throws(() => to.open(from.seal(token), undefined, NOW), refused(/PHONE_HASH_KEY was changed after the call began/))
  }
  t.notMatch(keyed.seal(token), /a-phone-hash-key/)
})

t.test('it is a compact JWE: a JOSE library opens it, and what such a library seals opens here', async (t) => {
  const { plaintext, protectedHeader } = await compactDecrypt(tokens.seal(token), bytes)
  const claims = JSON.parse(Buffer.from(plaintext).toString())
  const iat = NOW.getTime() / 1000

  t.strictSame(claims, { sub: callerHash(1), iat, exp: iat + 6 * 3600, conversation_id: 'conv_1', call_sid: 'CA1' })
  const kid = createHash('sha256').update('memory-bridge key id\0').update(bytes).digest('hex').slice(0, 16)
  t.strictSame(protectedHeader, { alg: 'dir', enc: 'A256GCM', kid })
  const theirs = await new CompactEncrypt(plaintext).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid }).encrypt(bytes)
  t.strictSame(tokens.open(theirs, 'conv_1', NOW), token)
})

t.test('it is good for CALLER_TOKEN_HOURS', async (t) => {
  const sealed = tokens.seal(token)

  t.strictSame(tokens.open(sealed, 'conv_1', later(HOURS)), token)
  t.throws(() => tokens.open(sealed, 'conv_1', later(HOURS + 1)), refused(/expired: CALLER_TOKEN_HOURS/))
})

t.test('it is good for one conversation, if both say which', async (t) => {
  const sealed = tokens.seal(token)
  const ofNone = tokens.seal({ ...token, conversationId: null })

  for (const id of ['conv_1', ' conv_1 ', '', undefined]) t.ok(tokens.open(sealed, id, NOW), String(id))
  t.ok(tokens.open(ofNone, 'conv_2', NOW))
  for (const id of ['conv_2', 'CONV_1', 'conv_1x', 'conv_1,conv_2']) {
    t.throws(() => tokens.open(sealed, id, NOW), refused(/another conversation/), id)
  }
})

t.test('nothing else opens', async (t) => {
  const sealed = tokens.seal(token)
  const parts = sealed.split('.')
  const without = (n: number) => parts.map((part, at) => at === n ? '' : part).join('.')
  const changed = (n: number) => parts.map((part, at) => at === n ? (part[0] === 'A' ? 'B' : 'A') + part.slice(1) : part).join('.')
  const mixed = [...tokens.seal({ ...token, phoneHash: callerHash(2) }).split('.').slice(0, 3), ...parts.slice(3)].join('.')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}..${parts.slice(2).join('.')}`
  const foreign = createCallerTokens([otherKey], 6).seal(token)
  for (const text of [
    'x', '....', parts.join(''), sealed.slice(0, -1), sealed.slice(0, 40), `${sealed}A`, `${sealed}.x`, `${sealed}=`, `${sealed}, ${sealed}`,
    mixed, none, foreign, 'a'.repeat(100_000), `${sealed}${'A'.repeat(5000)}`, parts.join('. '), JSON.stringify(token),
    ...[0, 2, 3, 4].flatMap((n) => [without(n), changed(n)]), parts.map((part, n) => n === 1 ? 'AA' : part).join('.')
  ]) {
    t.throws(() => tokens.open(text, undefined, NOW), refused(/does not open/), text.slice(0, 60))
  }
  for (const text of [undefined, '', ' ']) t.throws(() => tokens.open(text, undefined, NOW), refused(/is missing/))
})

t.test('a text that is sealed with the key but is no token does not open', async (t) => {
  const header = { alg: 'dir', enc: 'A256GCM', kid: createHash('sha256').update('memory-bridge key id\0').update(bytes).digest('hex').slice(0, 16) }
  for (const claims of ['', 'x', '[]', '{}', '{"sub":"a","iat":1}', '{"sub":7,"iat":1,"exp":9e9}', '{"iat":1,"exp":9e9}']) {
    const sealed = await new CompactEncrypt(Buffer.from(claims)).setProtectedHeader(header).encrypt(bytes)
    t.throws(() => tokens.open(sealed, undefined, NOW), refused(/does not open/), claims)
  }
})

t.test('an error names nothing of a token', async (t) => {
  const sealed = tokens.seal(token)
  const messages = [[sealed, 'conv_2', NOW], [sealed, 'conv_1', later(HOURS + 1)], [`${sealed}A`, 'conv_1', NOW]] as const
  for (const [text, id, now] of messages) {
    try {
      tokens.open(text, id, now)
      t.fail('it opened')
    } catch (error) {
      t.notMatch(String(error), /conv_|CA1|[0-9a-f]{16}/)
    }
  }
})

t.test('bridges that share callers and have no key seal nothing and open nothing', async (t) => {
  t.equal(NO_TOKENS.seal(token), 'none')
  t.throws(() => NO_TOKENS.open('none', undefined, NOW), refused(/CALLER_TOKEN_KEY is not set/))
})
