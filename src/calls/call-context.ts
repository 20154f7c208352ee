/** What call flows need: `fastify` by its decorators, or an object with the same keys. */
import type { Config } from '../../schemas/env.ts'
import type { CallerIdReader } from '../phone/caller-id.ts'
import type { PromptBuilder } from '../prompt/call-start-response.ts'
import type { Store } from '../store/store.ts'
import type { CallerTokens } from '../tools/caller-token.ts'

export interface CallContext {
  config: Pick<Config,
    'ELEVENLABS_AGENT_ID' | 'PERSONALIZE_TIMEOUT_MS' | 'LEARN_FROM_TRANSCRIPT' | 'STORE_TRANSCRIPTS' | 'TIMEZONE' |
    'REDACT'>
  store: Store
  callerId: CallerIdReader
  promptBuilder: PromptBuilder
  callerTokens: Pick<CallerTokens, 'seal'>
  /** Counts a call start that got a response but is not stored; its call end will add it. */
  callWatch: { unrecorded: () => void }
  /** Removes what must not be stored, such as card numbers. */
  redact: (text: string) => string
  /** `wake` is called when a call was queued for learning. */
  learning: { wake: () => void }
  now: () => Date
  log: Record<'warn' | 'error', (fields: object, message: string) => void>
}

/** How the log names a call. */
export interface CallTrace {
  /** Prefix of the phone hash; null without a phone number, or until it is known. */
  caller: string | null
  /** The caller's number in it is masked; null until that is done. */
  callSid: string | null
}
