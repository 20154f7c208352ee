/** The four tools as the agent uses them: a caller token, what it was given, and an answer to speak from. */
import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Config } from '../../schemas/env.ts'
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { defuse } from '../caller/untrusted.ts'
import { StorageBusy } from '../errors.ts'
import { loadLanguage, type Language } from '../language/languages.ts'
import { normalizedText } from '../learning/learnt-facts.ts'
import type { CallerIdReader } from '../phone/caller-id.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Meanings } from '../recall/meanings.ts'
import type { Store } from '../store/store.ts'
import { isUnreadable } from '../store/unreadable.ts'
import { inSlices, withDeadline } from '../time.ts'
import type { CallerToken } from './caller-token.ts'
import { correct } from './correct.ts'
import type { ToolName } from './definitions.ts'
import { forgetEverything, forgetOne, isEverything } from './forget.ts'
import { createRecallIndexes } from './recall-indexes.ts'
import { languageFor, NOTHING_FOUND, recall } from './recall.ts'
import { remember } from './remember.ts'
import {
  callOf, hasWished, isNobodys, NOBODY, toolChange, WISHED, type ToolResult, type ToolUse, type ToolWork
} from './tool-change.ts'

/** What the tools need: `fastify` by its decorators, or an object with the same keys. */
export interface ToolsContext {
  config: Pick<Config, 'FORGET_BY_CALL' | 'TIMEZONE'>
  store: Pick<Store, 'driver' | 'load' | 'update'>
  callerId: CallerIdReader
  promptBuilder: { language: () => string | null }
  /** Null to compare words only. */
  meanings: Pick<Meanings, 'rerankingFor'> | null
  /** Removes what must not be stored, such as card numbers. */
  redact: (text: string) => string
  now: () => Date
  log: Record<'info' | 'error', (fields: object, message: string) => void>
}

/** None rejects because the storage cannot be used: the agent has to have something to say. */
export interface Tools {
  recall (token: CallerToken, query: string): Promise<ToolResult>
  remember (token: CallerToken, fact: string): Promise<ToolResult>
  correct (token: CallerToken, what: string, fact: string): Promise<ToolResult>
  forget (token: CallerToken, what: string, isConfirmed: boolean): Promise<ToolResult>
}

/** ElevenLabs waits for five seconds at least. */
const DEADLINE_MS = 4000

const MAX_WORDS_CHARS = 300

const UNAVAILABLE: ToolResult = {
  result: 'The notes cannot be reached at the moment: it is not certain that anything was looked up or kept.',
  outcome: 'unavailable',
  ids: []
}

/** Languages differ by their first letters; a hundred are spoken. */
const LANGUAGES = 100

type Work = (parts: {
  caller: Caller
  language: Language
  /** @param texts - what the tool was given, masked */
  use: (texts: readonly string[]) => ToolUse
  /** Masks the caller's number, and removes what else must not be stored. */
  mask: (text: string) => string
}) => Promise<ToolResult>

export function createTools (ctx: ToolsContext): Tools {
  const { config, store, callerId, promptBuilder, meanings, redact, now, log } = ctx
  const indexes = createRecallIndexes(config.TIMEZONE)
  const languages = new LRUCache<string, Promise<Language>>({ max: LANGUAGES, memoMethod: loadLanguage })

  const languageOf = async (caller: Caller): Promise<Language> => {
    const record = activeRecord(caller)
    return await languages.memo(record === null ? 'en' : languageFor(record, promptBuilder.language()))
  }

  async function run (tool: ToolName, token: CallerToken, work: Work): Promise<ToolResult> {
    const begun = performance.now()
    const { phoneHash } = token
    const caller = phoneHash === null ? null : hashPrefix(phoneHash)
    const done = phoneHash === null ? NOBODY : await runFor(phoneHash, tool, token, work)
    log.info({ caller, tool, outcome: done.outcome, ms: Math.round(performance.now() - begun) }, 'tool call')
    return done
  }

  async function runFor (
    phoneHash: string, tool: ToolName, token: CallerToken, work: Work
  ): Promise<ToolResult> {
    const begun = performance.now()
    const identity = callerId.fromHash(phoneHash)
    const answer = async () => {
      const caller = await store.load(phoneHash)
      const language = await languageOf(caller)
      const use = (texts: readonly string[]): ToolUse => ({
        tool,
        token: { ...token, phoneHash },
        words: texts.map((text) => defuse(text, MAX_WORDS_CHARS)).join(' → '),
        newId: randomUUID(),
        now: now().toISOString(),
        ms: Math.round(performance.now() - begun)
      })
      return await work({ caller, language, use, mask: (text) => identity.mask(redact(text)) })
    }
    try {
      return await withDeadline(answer(), DEADLINE_MS, () => {
        log.error({ caller: hashPrefix(phoneHash), tool }, 'a tool took too long: the storage hangs')
        return UNAVAILABLE
      })
    } catch (err) {
      if (!isUnreadable(err) && !(err instanceof StorageBusy)) throw err
      log.error({ caller: hashPrefix(phoneHash), tool, err }, 'a tool could not use the storage')
      return UNAVAILABLE
    }
  }

  const update = async (use: ToolUse, change: Change<ToolResult>) => await store.update(use.token.phoneHash, change)

  /** Never rejects: what was found is told all the same. */
  async function noteUse (use: ToolUse, found: ToolResult): Promise<void> {
    try {
      await update(use, toolChange(use, false, (record) => ({ record, ...found })))
    } catch (err) {
      log.error({ caller: hashPrefix(use.token.phoneHash), err }, 'the use of a tool could not be noted')
    }
  }

  return {
    recall: (token, query) => run('recall', token, async ({ caller, language, use, mask }) => {
      const record = activeRecord(caller)
      if (record === null || isNobodys(caller, token)) return { ...NOBODY, result: NOTHING_FOUND.result }
      const at = now().toISOString()
      let masked: string | undefined
      const maskedQuery = () => (masked ??= mask(query))
      const search = async () => {
        const reranking = meanings?.rerankingFor(record, maskedQuery()) ?? null
        return recall(await indexes.of(record, language, at), query, at, await reranking)
      }
      const found = hasWished(callOf(record, token)) ? WISHED : await search()
      const { ms } = use([])
      const note = async () => await noteUse({ ...use([maskedQuery()]), ms }, found)
      // The agent does not wait for the line that it leaves, nor for its masks. But with several bridges, the next
      // request may go to another one, and while a bridge writes a caller it does not look what others have written.
      if (store.driver === 'postgresql') await note()
      else setImmediate(() => { void note() })
      return found
    }),

    remember: (token, fact) => run('remember', token, async ({ caller, use, mask }) => {
      await readFacts(caller)
      const text = mask(fact)
      const used = use([text])
      return await update(used, toolChange(used, true, remember(newFact(used, text))))
    }),

    correct: (token, what, fact) => run('correct', token, async ({ caller, language, use, mask }) => {
      await readFacts(caller)
      const text = mask(fact)
      const used = use([mask(what), text])
      return await update(used, toolChange(used, false, correct(what, newFact(used, text), language)))
    }),

    forget: (token, what, isConfirmed) => run('forget', token, async ({ language, use, mask }) => {
      const used = use([mask(what)])
      const change = (work: ToolWork) => toolChange(used, false, work)
      return await update(used, isEverything(what)
        ? forgetEverything(isConfirmed, config.FORGET_BY_CALL, used, change)
        : change(forgetOne(what, used, language)))
    })
  }
}

/** Of a caller who was just loaded, what a change then compares: otherwise a thousand facts would hold up others. */
async function readFacts (caller: Caller): Promise<void> {
  await inSlices(activeRecord(caller)?.facts ?? [], normalizedText)
}

function newFact ({ token, now }: ToolUse, text: string) {
  return { id: randomUUID(), text, conversationId: token.ids.conversationId, now }
}
