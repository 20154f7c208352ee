/** Lets a call be learnt from, and counts what is right and wrong in the record after it. */
import type { CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { activeRecord } from '../../src/caller/caller.ts'
import { recordCallStart } from '../../src/caller/calls.ts'
import { isCurrentFact } from '../../src/caller/facts.ts'
import { withJob } from '../../src/caller/learning-jobs.ts'
import { isOpen } from '../../src/caller/open-items.ts'
import { applyAnswer } from '../../src/learning/apply-answer.ts'
import { loadCallDates } from '../../src/learning/conversation.ts'
import { askAll } from '../../src/learning/model-answer.ts'
import { learningMessages, type LearningMessage } from '../../src/learning/model-prompt.ts'
import { calendarDate } from '../../src/prompt/dates.ts'
import { redact } from '../../src/redaction/redact.ts'
import { maskedTurns } from '../../src/webhook/post-call-event.ts'
import type { Expected, LearningCall } from './calls.ts'

export type AskModel = (messages: readonly LearningMessage[]) => Promise<string>

export interface Score {
  call: LearningCall
  /** Facts and open items that should be told, and how many of them are. */
  wanted: number
  found: number
  /** Facts and open items that are told, and those that should not be. */
  told: number
  wrong: string[]
  missing: string[]
}

const LONG_AGO = '2026-09-01T09:00:00.000Z'
const STARTED_AT = '2026-10-15T09:00:00.000Z'
const ENDED_AT = '2026-10-15T09:03:00.000Z'
const NOW = '2026-10-15T09:04:00.000Z'
const TIME_ZONE = 'Europe/Berlin'
const MIN_CONFIDENCE = 0.7

export async function scoreCall (call: LearningCall, ask: AskModel): Promise<Score> {
  const { told, may = [], open = [], count = Infinity, name = null, name_after: nameAfter = name } = call
  const record = await recordAfter(call, ask)
  const facts = record.facts.filter((fact) => isCurrentFact(fact, NOW))
  const items = record.open_items?.filter(isOpen) ?? []
  const wrongItems = items.filter((item) => !open.some((each) => isMet(each, item)))
  const wrong = [
    ...facts.filter((fact) => ![...told, ...may].some((each) => isMet(each, fact))).map(({ text }) => text),
    ...facts.slice(count).map(({ text }) => `again: ${text}`),
    ...wrongItems.map(({ text }) => `open: ${text}`),
    ...record.caller_name === nameAfter ? [] : [`name: ${record.caller_name}`]
  ]
  const missed = [
    ...told.filter((each) => !facts.some((fact) => isMet(each, fact))),
    ...open.filter((each) => !items.some((item) => isMet(each, item)))
  ]
  return {
    call,
    wanted: told.length + open.length,
    found: told.length + open.length - missed.length,
    told: facts.length + items.length,
    wrong,
    missing: missed.map((each) => typeof each === 'string' ? each : `${each.says} (${each.until})`)
  }
}

function isMet (expected: Expected, { text, valid_until: end }: Pick<Fact, 'text' | 'valid_until'>): boolean {
  const { says, until } = typeof expected === 'string' ? { says: expected } : expected
  const lastDay = end === undefined ? undefined : calendarDate(new Date(Date.parse(end) - 1).toISOString(), TIME_ZONE)
  return new RegExp(says, 'iu').test(text) && lastDay === until
}

async function recordAfter (call: LearningCall, ask: AskModel): Promise<CallerRecord> {
  const record = recordBefore(call)
  const turns = maskedTurns(call.turns, redact)
  const messages = learningMessages({ record, turns, startedAt: STARTED_AT, timeZone: TIME_ZONE, now: NOW })
  const answer = await askAll(messages, ask)
  const parseDates = await loadCallDates(turns)
  const { caller } = applyAnswer({
    conversationId: 'conv_1',
    answer,
    turns,
    saidAt: ENDED_AT,
    reading: { parseDates, startedAt: STARTED_AT, timeZone: TIME_ZONE },
    minConfidence: MIN_CONFIDENCE,
    mask: redact,
    ids: [...answer.operations, ...answer.open_items].map((_operation, n) => `new-${n + 1}`),
    now: NOW
  })({ record: withJob(record, 'conv_1', turns, NOW), erasedAt: null })
  return activeRecord(caller)!
}

function recordBefore ({ before = [], name }: LearningCall): CallerRecord {
  const context = { phoneHash: '0'.repeat(64), newId: 'session', now: STARTED_AT }
  const begin = recordCallStart(context, { conversationId: 'conv_1', callSid: null }, 'inbound')
  return {
    ...activeRecord(begin({ record: null, erasedAt: null }).caller)!,
    ...(name === undefined ? {} : { caller_name: name, learnt_fields: ['caller_name' as const] }),
    facts: before.map((text, n) => ({
      id: `known-${n + 1}`,
      text,
      source: 'call',
      evidence: text,
      pinned: false,
      created_at: LONG_AGO,
      updated_at: LONG_AGO,
      expires_at: null,
      superseded_by: null
    }))
  }
}

export interface Row {
  name: string
  calls: number
  /** Told that is right, of what is told; 1 if nothing is told. */
  precision: number
  /** Wanted that is told, of what is wanted; 1 if nothing is wanted. */
  recall: number
  falseFacts: number
}

export function rowOf (name: string, scores: readonly Score[]): Row {
  const sum = (count: (score: Score) => number) => scores.reduce((total, score) => total + count(score), 0)
  const told = sum((score) => score.told)
  const wanted = sum((score) => score.wanted)
  const falseFacts = sum((score) => score.wrong.length)
  return {
    name,
    calls: scores.length,
    precision: told === 0 ? 1 : Math.max(0, told - falseFacts) / told,
    recall: wanted === 0 ? 1 : sum((score) => score.found) / wanted,
    falseFacts
  }
}

/** One table by language, and one by kind. */
export function tables (scores: readonly Score[]): string {
  const by = (heading: string, groupOf: (call: LearningCall) => string) => {
    const names = [...new Set(scores.map(({ call }) => groupOf(call)))]
    return table(heading, names.map((name) => rowOf(name, scores.filter(({ call }) => groupOf(call) === name))))
  }
  return [
    table('calls', [
      rowOf('tuned on', scores.filter(({ call }) => !call.isHeldBack)),
      rowOf('held back', scores.filter(({ call }) => call.isHeldBack)),
      rowOf('all', scores)
    ]),
    by('language', ({ language }) => language),
    by('kind', ({ kind }) => kind)
  ].join('\n\n')
}

export function table (heading: string, rows: Row[]): string {
  const lines = rows.map(({ name, calls, precision, recall, falseFacts }) =>
    `| ${name} | ${calls} | ${precision.toFixed(2)} | ${recall.toFixed(2)} | ${falseFacts} |`)
  return [`| ${heading} | n | precision | recall | false facts |`, '|---|---|---|---|---|', ...lines].join('\n')
}
