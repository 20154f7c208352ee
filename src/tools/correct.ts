import type { Fact } from '../../schemas/caller-record.ts'
import { isCurrentFact } from '../caller/facts.ts'
import type { Language } from '../language/languages.ts'
import { replaceFact, saysTheSameAs } from '../learning/learnt-facts.ts'
import { isOfTool } from '../learning/settled-by-tools.ts'
import { factMeant, factsWithAll } from './find-fact.ts'
import { learntFrom, REMEMBERED, withMention, type NewFact } from './remember.ts'
import type { ToolWork } from './tool-change.ts'

const CORRECTED = {
  ...REMEMBERED,
  corrected: 'It is corrected.',
  repeated: 'It is on file like that already.',
  pending: 'A colleague will confirm the change. Until then the old one stays.'
}

/** Supersedes the one fact that `what` means. The operator's own and pinned facts stay, and the change waits. */
export function correct (what: string, fact: NewFact, language: Language): ToolWork {
  return (record, call) => {
    const learnt = learntFrom(fact)
    if ('outcome' in learnt) return { record, ...learnt }
    const { conversationId } = fact
    const saysIt = saysTheSameAs(learnt)
    const isDone = (each: Fact) => conversationId !== null && isOfTool(each, conversationId) && saysIt(each)
    const done = record.facts.find((each) => isDone(each) && isWaiting(each))
    if (done !== undefined) return { record, result: CORRECTED.pending, outcome: 'pending', ids: [done.id] }
    const current = record.facts.filter((each) => isCurrentFact(each, fact.now))
    const repeated = current.find(isDone)
    const replaced = record.facts.filter(({ superseded_by: by }) => by !== null && by === repeated?.id)
    if (repeated !== undefined && factsWithAll(replaced, what, language).length > 0) {
      return { record, result: CORRECTED.corrected, outcome: 'corrected', ids: [repeated.id] }
    }
    const same = current.find(saysIt)
    const meant = factMeant(current.filter((each) => each !== same), what, language)
    if (meant === null && same !== undefined) {
      return { record, result: CORRECTED.repeated, outcome: 'repeated', ids: [same.id] }
    }
    if (meant === null) {
      return {
        record, result: 'There is nothing on file about that. Shall the new one be noted?', outcome: 'unknown', ids: []
      }
    }
    if ('question' in meant) {
      return { record, result: meant.question, outcome: 'question', ids: meant.facts.map(({ id }) => id) }
    }
    // Another bridge, whose clock is ahead, may have stored it.
    const saidAt = meant.fact.created_at > learnt.created_at ? meant.fact.created_at : learnt.created_at
    const { facts, outcome } = replaceFact(record.facts, meant.fact, { ...learnt, created_at: saidAt })
    const isCorrected = outcome === 'superseded' || outcome === 'added'
    const told = isCorrected ? 'corrected' : outcome === 'outdated' ? 'refused' : outcome
    const changed = { ...record, facts }
    return {
      record: call !== null && isCorrected ? withMention(changed, call.number, learnt.text) : changed,
      result: CORRECTED[told],
      outcome: told,
      ids: [meant.fact.id, ...facts.some(({ id }) => id === learnt.id) ? [learnt.id] : []]
    }
  }
}

function isWaiting (fact: Fact): boolean {
  return fact.state === 'pending' && fact.replaces !== undefined
}
