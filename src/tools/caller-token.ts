/**
 * The caller token: it goes out at call start as a variable, comes back as the header of a tool, and is the only thing
 * that says whose memory a tool may use. Sealed, so that it can be neither read nor changed on its way.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-7.1 compact form
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1 `sub`, `iat`, `exp`
 */
import type { CallIds } from '../caller/calls.ts'
import { ToolRefused } from '../errors.ts'
import { decryptJwe, encryptJwe, jweKey } from '../jwe.ts'
import { isFields, parseJson } from '../json.ts'
import { hashKeyId } from '../phone/phone-hash.ts'

export interface CallerToken {
  /** Null for a caller who has no memory: without a phone number, opted out, or of an agent that is not ours. */
  phoneHash: string | null
  /** As ElevenLabs sends it; null if it did not. */
  conversationId: string | null
  /** As they are in the record, where a phone number in them is masked. */
  ids: CallIds
  /** ISO 8601. An erasure at this moment or later makes the token nobody's. */
  issuedAt: string
}

export interface CallerTokens {
  seal (token: CallerToken): string
  /**
   * @param conversationId - of the header, if it was sent
   * @throws {ToolRefused} it says what is wrong with the token, and nothing about what is in it
   */
  open (text: string | undefined, conversationId: string | undefined, now: Date): CallerToken
}

/** Ours have 300 to 1,500. */
const MAX_TOKEN_CHARS = 4096

const HOUR_MS = 60 * 60 * 1000

/**
 * Seals with the first key, opens with all of them. Synchronous: at call start nothing may be waited for.
 *
 * @param keys - 32 bytes each, in base64, as in CALLER_TOKEN_KEY
 * @param hashKey - PHONE_HASH_KEY: a phone hash made with another one names nobody any more
 */
export function createCallerTokens (
  keys: readonly [string, ...string[]], hours: number, hashKey?: string
): CallerTokens {
  const keyId = hashKeyId(hashKey)
  const [current, ...older] = keys.map(jweKey) as [ReturnType<typeof jweKey>, ...Array<ReturnType<typeof jweKey>>]
  const all = [current, ...older]
  return {
    seal ({ phoneHash, conversationId, ids, issuedAt }) {
      const issuedMs = Date.parse(issuedAt)
      const claims = JSON.stringify({
        sub: phoneHash,
        iat: issuedMs / 1000,
        exp: (issuedMs + hours * HOUR_MS) / 1000,
        conversation_id: conversationId,
        call_sid: ids.callSid,
        ...(keyId === null ? {} : { hash_key_id: keyId }),
        ...(ids.conversationId === conversationId ? {} : { masked_conversation_id: ids.conversationId })
      })
      const { iv, ciphertext, tag } = encryptJwe(current, claims, current.header)
      return `${current.header}..${iv}.${ciphertext}.${tag}`
    },

    open (text, conversationId, now) {
      const token = text?.trim() ?? ''
      if (token === '') throw new ToolRefused('The header X-Caller-Token is missing: bind it to secret__caller_token')
      const [header, key, iv, ciphertext, tag, ...rest] = token.length > MAX_TOKEN_CHARS ? [] : token.split('.')
      const sealedWith = all.find((each) => each.header === header)
      if (key !== '' || rest.length > 0 || sealedWith === undefined) throw new ToolRefused(NOT_OURS)
      const claims = claimsFrom(decryptJwe(sealedWith, { iv, ciphertext, tag }, sealedWith.header))
      if (claims === null) throw new ToolRefused(NOT_OURS)
      if (claims.keyId !== keyId) throw new ToolRefused('PHONE_HASH_KEY was changed after the call began')
      if (now.getTime() > claims.expiresMs) {
        throw new ToolRefused('The caller token has expired: CALLER_TOKEN_HOURS is how long one is good')
      }
      const named = conversationId?.trim() ?? ''
      if (named !== '' && claims.token.conversationId !== null && named !== claims.token.conversationId) {
        throw new ToolRefused('The caller token belongs to another conversation than X-Conversation-Id')
      }
      return claims.token
    }
  }
}

const NOT_OURS = 'The caller token does not open: it was changed, or sealed with a key that is not in CALLER_TOKEN_KEY'

/** Where several bridges share callers and no key is set: one could not open what another has sealed. */
export const NO_TOKENS: CallerTokens = {
  seal: () => 'none',
  open () { throw new ToolRefused('CALLER_TOKEN_KEY is not set: set the same one on every bridge') }
}

/** Null if it is no text of ours, which would take somebody else's use of our key. */
function claimsFrom (text: string | null): { token: CallerToken, expiresMs: number, keyId: string | null } | null {
  const claims = text === null ? null : parseJson(text)
  if (!isFields(claims)) return null
  const { sub, iat, exp } = claims
  if (typeof iat !== 'number' || typeof exp !== 'number' || (sub !== null && typeof sub !== 'string')) return null
  const textOrNull = (name: string) => typeof claims[name] === 'string' ? claims[name] : null
  const conversationId = textOrNull('conversation_id')
  return {
    token: {
      phoneHash: sub,
      conversationId,
      ids: {
        conversationId: textOrNull('masked_conversation_id') ?? conversationId,
        callSid: textOrNull('call_sid')
      },
      issuedAt: new Date(Math.round(iat * 1000)).toISOString()
    },
    expiresMs: exp * 1000,
    keyId: textOrNull('hash_key_id')
  }
}
