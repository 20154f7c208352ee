/** The calls of `calls.yaml`. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Turn } from '../../schemas/caller-record.ts'

/** Every third call is held back: what the code does with it is counted, and not tuned. */
export const HELD_BACK_EVERY = 3

/** As in the file, and what is derived from it. */
export interface LearningCall {
  what: string
  /** BCP 47. */
  language: string
  kind: string
  /** What is known before the call, with the ids `known-1`, `known-2`, … */
  before?: string[]
  name?: string
  said: string[]
  /** What the scripted model answers, in short. */
  model: {
    operations?: ShortOperation[]
    open_items?: ShortOperation[]
    caller_name?: { value: string, turns: number[] }
  }
  /** What should be told on the next call. */
  told: Expected[]
  /** What may be told as well, because it is true. */
  may?: Expected[]
  /** The most facts that say what is known without repeating it. */
  count?: number
  open?: Expected[]
  name_after?: string
  isHeldBack: boolean
  turns: Turn[]
  /** What the scripted model answers: JSON in the form that is asked for. */
  answer: string
}

/** A pattern, and the last day that the text is about, such as `2026-10-20`; without one, it is about no day. */
export type Expected = string | { says: string, until: string }

interface ShortOperation {
  add?: string
  update?: string
  retire?: string
  open?: string
  text?: string
  turns: number[]
  confidence?: number
  same_as?: string
  from?: string
  until?: string
}

/** @param path - of the YAML file */
export function readCalls (path: string): LearningCall[] {
  return (parse(readFileSync(path, 'utf8')) as LearningCall[]).map((call, n) => ({
    ...call,
    isHeldBack: n % HELD_BACK_EVERY === HELD_BACK_EVERY - 1,
    turns: call.said.map((line, at) =>
      ({ number: at + 1, role: line.startsWith('A: ') ? 'agent' : 'user', text: line.slice(3) })),
    answer: answerOf(call.model)
  }))
}

function answerOf ({ operations = [], open_items: items = [], caller_name: name }: LearningCall['model']): string {
  return JSON.stringify({
    operations: operations.map(({ add, update, retire, text, turns, confidence = 0.9, same_as: same, ...days }) => ({
      op: add !== undefined ? 'add' : update !== undefined ? 'update' : 'retire',
      fact_id: update ?? retire,
      text: add ?? text,
      category: 'situation',
      confidence,
      turns,
      same_as: same,
      valid_from: days.from,
      valid_until: days.until
    })),
    caller_name: name === undefined ? null : { ...name, confidence: 0.9 },
    open_items: items.map(({ open, turns, from, until }) =>
      ({ op: 'open', text: open, turns, valid_from: from, valid_until: until }))
  })
}
