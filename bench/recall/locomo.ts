/** LoCoMo's conversations as callers with calls and stored transcripts. @see https://github.com/snap-research/locomo */
import { sentences, type RecallItem } from '../../src/recall/items.ts'

export interface Question {
  text: string
  /** 1 several turns, 2 dates, 3 needs other knowledge, 4 one turn, 5 cannot be answered. */
  category: number
  /** Ids of turns, as `D1:3`; never empty. */
  evidence: string[]
}

export interface Conversation {
  items: RecallItem[]
  questions: Question[]
  /** When the last session was, ISO 8601. */
  now: string
}

interface Turn {
  speaker: string
  dia_id: string
  text: string
  blip_caption?: string
}

export interface Sample {
  conversation: Record<string, string | Turn[]>
  session_summary: Record<string, string>
  observation: Record<string, Record<string, [text: string, evidence: string | string[]][]>>
  qa: { question: string, category: number, evidence?: string[] }[]
}

export function conversationOf (sample: Sample): Conversation {
  const items = sessionsOf(sample).flatMap(({ callId, at, turns }) => [
    ...sentences(sample.session_summary[`session_${callId}_summary`] ?? '').map((text, index): RecallItem =>
      ({ id: `${callId}/summary/${index + 1}`, kind: 'summary', text, at, callId })),
    ...turns.map((turn): RecallItem =>
      ({ id: turn.dia_id, kind: 'turn', text: textOf(turn), speaker: turn.speaker, at, callId }))
  ])
  const ids = new Set(items.map(({ id }) => id))
  const questions = sample.qa.map(({ question, category, evidence }): Question =>
    ({ text: question, category, evidence: evidenceIds(evidence ?? []).filter((id) => ids.has(id)) }))
  return {
    items,
    questions: questions.filter(({ evidence }) => evidence.length > 0),
    now: items.reduce((newest, { at }) => at > newest ? at : newest, '')
  }
}

/** What was observed about the speakers, as facts. */
export function factsOf (sample: Sample): RecallItem[] {
  return sessionsOf(sample).flatMap(({ callId, at }) =>
    Object.values(sample.observation[`session_${callId}_observation`] ?? {}).flat().map(([text], index): RecallItem =>
      ({ id: `${callId}/fact/${index + 1}`, kind: 'fact', text, at })))
}

/** Some entries have several ids, `D8:6; D9:17`, or are malformed, `D:11:26` and `D30:05`. `D` names no turn. */
export function evidenceIds (evidence: string[]): string[] {
  const found = evidence.flatMap((entry) => [...entry.matchAll(/D:?(\d+):0*(\d+)/g)])
  return [...new Set(found.map(([, session, turn]) => `D${session}:${turn}`))]
}

function sessionsOf ({ conversation }: Sample) {
  return Object.entries(conversation).flatMap(([key, turns]) => {
    const callId = /^session_(\d+)$/.exec(key)?.[1]
    if (callId === undefined || typeof turns === 'string') return []
    return [{ callId, turns, at: instantOf(conversation[`session_${callId}_date_time`] as string) }]
  })
}

/** @param text - such as `1:56 pm on 8 May, 2023` */
function instantOf (text: string): string {
  const [time, date] = text.split(' on ')
  return new Date(`${date} ${time} UTC`).toISOString()
}

/** A caller cannot show photos; LoCoMo's own retrieval reads their captions, too. */
function textOf ({ text, blip_caption: caption }: Turn): string {
  return caption === undefined ? text : `[${caption}] ${text}`
}
