import type { Call, CallerRecord, Fact, ToolCall } from '../../schemas/caller-record.ts'
import { activeRecord, type Caller, type Change } from '../caller/caller.ts'
import { isCurrentFact, removeFact, withSuperseded } from '../caller/facts.ts'
import { erase } from '../caller/profile.ts'
import { withForgetWish } from '../caller/tool-calls.ts'
import type { Language } from '../language/languages.ts'
import { forgottenTest, traceOf } from '../learning/forgotten.ts'
import { isProtected } from '../learning/learnt-facts.ts'
import { saysTheSame } from '../learning/same-fact.ts'
import { compareTimes } from '../time.ts'
import { factMeant, factsWithAll } from './find-fact.ts'
import { callOf, hasWished, isNobodys, type ToolResult, type ToolUse, type ToolWork } from './tool-change.ts'

/** In what the definition of the tool asks for, and what models send all the same. */
const EVERYTHING = /^(?:everything|all|all of it|(?:everything|all) (?:about|on) me|all my data|alles|todo|tout|tutto|tudo)[.!]?$/i

export function isEverything (what: string): boolean {
  return EVERYTHING.test(what.trim())
}

/** Deletes the one fact that `what` means. The operator's own and pinned facts stay, and the wish waits. */
export function forgetOne (what: string, { token, now }: ToolUse, language: Language): ToolWork {
  return (record, call) => {
    const current = record.facts.filter((fact) => isCurrentFact(fact, now))
    const isDone = call?.forgotten?.includes(traceOf(what)) === true
    if (isDone && !current.some(({ text }) => saysTheSame(text, what))) {
      return { record, result: 'It is deleted already.', outcome: 'forgotten', ids: [] }
    }
    const meant = factMeant(current, what, language)
    if (meant === null) {
      const others = record.facts.filter((fact) => !isCurrentFact(fact, now) && !isProtected(fact))
      const untold = factsWithAll(others, what, language)
      if (untold.length > 0) return withoutFacts(record, call, untold, language, now)
      return { record, result: 'There is no such fact on file, so nothing was deleted.', outcome: 'unknown', ids: [] }
    }
    if ('question' in meant) {
      return { record, result: meant.question, outcome: 'question', ids: meant.facts.map(({ id }) => id) }
    }
    const { fact } = meant
    if (isProtected(fact)) {
      const wish = { at: now, conversation_id: token.ids.conversationId, fact_id: fact.id }
      return {
        record: withForgetWish(record, wish),
        result: 'That was noted by a colleague, who will see to it. Nothing was deleted yet.',
        outcome: 'pending',
        ids: [fact.id]
      }
    }
    return withoutFacts(record, call, [fact], language, now)
  }
}

/**
 * Also what they superseded, what waits to replace them or says as much, and their words in evidence, stored calls,
 * jobs and lines of tools.
 */
function withoutFacts (
  record: CallerRecord, call: Call | null, facts: readonly Fact[], language: Language, now: string
): ReturnType<ToolWork> {
  const chain = new Set(facts.flatMap(({ id }) => [...withSuperseded(record.facts, id)]))
  const pending = record.facts.filter(({ id, state }) => state === 'pending' && !chain.has(id))
  const asMuch = facts.flatMap(({ text }) => factsWithAll(pending, text, language)).filter((each) => !isProtected(each))
  const waiting = pending.filter((each) => chain.has(each.replaces ?? '') || asMuch.includes(each))
  const gone = [...record.facts.filter(({ id }) => chain.has(id)), ...waiting]
  const newest = facts.filter(({ superseded_by: by }) => by === null || !chain.has(by))
  const caller: Caller = { record, erasedAt: null }
  const removed = [...newest, ...waiting].reduce((each, { id }) => removeFact(id, now)(each).caller, caller)
  // What says as much also says more, which was not forgotten.
  const texts = gone.filter((each) => !asMuch.includes(each)).map(({ text }) => text)
  const forgotten: Forgotten = {
    ids: new Set(gone.map(({ id }) => id)), traces: [...new Set(texts.map(traceOf))], test: forgottenTest(texts)
  }
  const rest = activeRecord(removed) ?? record
  const said = (calls: readonly Call[]) => calls.reduce((sum, { transcript = [] }) => sum + transcript.length, 0)
  const calls = rest.calls.map((each) => withoutWords(each, forgotten, each.number === call?.number))
  const jobs = rest.jobs?.map((job) =>
    job.turns === null ? job : { ...job, turns: job.turns.filter(({ text }) => !forgotten.test(text)) })
  const parts = [
    ...gone.length > 1 ? [`with ${gone.length - 1} other version${gone.length > 2 ? 's' : ''} of it`] : [],
    ...said(calls) < said(rest.calls) ? ['with what was said of it in stored calls'] : []
  ]
  const others = rest.facts.map((each) =>
    each.evidence !== null && forgotten.test(each.evidence) ? { ...each, evidence: null } : each)
  const items = rest.open_items?.map((each) => forgotten.test(each.evidence) ? { ...each, evidence: each.text } : each)
  return {
    record: {
      ...rest,
      facts: others,
      calls,
      ...(jobs === undefined ? {} : { jobs }),
      ...(items === undefined ? {} : { open_items: items })
    },
    result: `It is deleted${parts.map((part) => `, ${part}`).join('')}. Summaries of calls may still mention it.`,
    outcome: 'forgotten',
    ids: gone.map(({ id }) => id)
  }
}

interface Forgotten {
  /** Of facts. */
  ids: ReadonlySet<string>
  traces: readonly string[]
  test: (text: string) => boolean
}

/** The call itself if nothing in it is about what was forgotten: then it need not be indexed or written anew. */
function withoutWords (call: Call, { ids, traces, test }: Forgotten, isThisCall: boolean): Call {
  const { vectors, ...rest } = call
  const { tools, transcript, told_words: told, forgotten = [] } = call
  const isAbout = ({ words, ids: about }: ToolCall) =>
    words !== undefined && (about.some((id) => ids.has(id)) || test(words))
  const withoutTheirs = (line: ToolCall): ToolCall => {
    const { words, ...others } = line
    return isAbout(line) ? others : line
  }
  const said = transcript?.filter(({ text }) => !test(text))
  const toldStill = told?.filter(({ text }) => !test(text))
  const hasAll = said?.length === transcript?.length
  if (!isThisCall && hasAll && toldStill?.length === told?.length && tools?.some(isAbout) !== true) return call
  return {
    ...rest,
    // Of some turns together: without one of them, they are made again.
    ...(vectors === undefined || !hasAll ? {} : { vectors }),
    ...(toldStill === undefined ? {} : { told_words: toldStill }),
    ...(said === undefined ? {} : { transcript: said }),
    ...(tools === undefined ? {} : { tools: tools.map(withoutTheirs) }),
    ...(isThisCall ? { forgotten: [...new Set([...forgotten, ...traces])].slice(-MAX_TRACES) } : {})
  }
}

/** As in the record's schema. */
const MAX_TRACES = 100

const QUESTION = 'Should really everything about the caller be deleted? It cannot be undone. If the caller says yes, ' +
  'use this tool again with “everything” and confirm.'

/** Nobody has heard the question and said yes sooner: what comes earlier is the same request sent again. */
const ANSWER_MS = 2000

/** Asks first. A confirmation counts only if an earlier request of the same call has asked. */
export function forgetEverything (
  isConfirmed: boolean, setting: 'review' | 'erase', use: ToolUse, change: (work: ToolWork) => Change<ToolResult>
): Change<ToolResult> {
  const { token, now } = use
  const heardBy = new Date(Date.parse(now) - ANSWER_MS).toISOString()
  const asked = (call: Call | null) => call?.tools?.some(({ tool, outcome, at }) =>
    tool === 'forget' && outcome === 'asked' && compareTimes(at, heardBy) <= 0) === true
  const answer = change((record, call) => {
    if (!isConfirmed || !asked(call)) return { record, result: QUESTION, outcome: 'asked', ids: [] }
    const wish = { at: now, conversation_id: token.ids.conversationId, fact_id: null }
    return {
      record: withForgetWish(record, wish),
      result: 'The wish is noted, and a colleague will see to it. Nothing was deleted yet; nothing is looked up or ' +
        'noted in this call any more.',
      outcome: 'wished',
      ids: []
    }
  })
  return (caller) => {
    const record = activeRecord(caller)
    const call = record === null ? null : callOf(record, token)
    if (setting === 'review' || !isConfirmed || isNobodys(caller, token) || hasWished(call) || !asked(call)) {
      return answer(caller)
    }
    // A mark from before the token, from another clock, would leave the token good.
    const { caller: erased, result } = erase(token.issuedAt > now ? token.issuedAt : now)(caller)
    const counts = ([['fact', result.facts], ['note', result.notes], ['call', result.calls]] as const)
      .map(([what, count]) => `${count} ${what}${count === 1 ? '' : 's'}`).join(', ')
    return {
      caller: erased,
      result: {
        result: `Everything about the caller is deleted: ${counts}. What the telephone service keeps itself is not ` +
          'part of it.',
        outcome: 'erased',
        ids: []
      }
    }
  }
}
