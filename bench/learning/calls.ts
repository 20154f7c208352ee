/** The calls of `calls.yaml`. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Turn } from '../../schemas/caller-record.ts'

/** Every third call is held back: what the code does with it is counted, and not tuned. */
export const HELD_BACK_EVERY = 3

export interface LearningCall {
  what: string
  /** BCP 47. */
  language: string
  kind: string
  isHeldBack: boolean
  /** What is known before the call, with the ids `known-1`, `known-2`, … */
  before: string[]
  name: string | null
  turns: Turn[]
  /** What the scripted model answers: JSON in the form that is asked for. */
  answer: string
  /** What should be told on the next call. */
  told: Expected[]
  /** What may be told as well, because it is true. */
  may: Expected[]
  /** The most facts that say what is known without repeating it. */
  count: number
  open: Expected[]
  nameAfter: string | null
}

export interface Expected {
  says: RegExp
  /** The last day that it is about, such as `2026-10-20`; undefined if it names none. */
  until: string | undefined
}

type RawExpected = string | { says: string, until?: string }

interface RawOperation {
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

interface RawCall {
  what: string
  language: string
  kind: string
  before?: string[]
  name?: string
  said: string[]
  model: {
    operations?: RawOperation[]
    open_items?: RawOperation[]
    caller_name?: { value: string, turns: number[] }
  }
  told: RawExpected[]
  may?: RawExpected[]
  count?: number
  open?: RawExpected[]
  name_after?: string
}

/** @param path - of the YAML file */
export function readCalls (path: string): LearningCall[] {
  return (parse(readFileSync(path, 'utf8')) as RawCall[]).map((raw, n) => ({
    what: raw.what,
    language: raw.language,
    kind: raw.kind,
    isHeldBack: n % HELD_BACK_EVERY === HELD_BACK_EVERY - 1,
    before: raw.before ?? [],
    name: raw.name ?? null,
    turns: raw.said.map((line, at) =>
      ({ number: at + 1, role: line.startsWith('A: ') ? 'agent' : 'user', text: line.slice(3) })),
    answer: answerOf(raw),
    told: (raw.told).map(expected),
    may: (raw.may ?? []).map(expected),
    count: raw.count ?? Infinity,
    open: (raw.open ?? []).map(expected),
    nameAfter: raw.name_after ?? raw.name ?? null
  }))
}

function expected (raw: RawExpected): Expected {
  const { says, until } = typeof raw === 'string' ? { says: raw } : raw
  return { says: new RegExp(says, 'iu'), until }
}

function answerOf ({ model: { operations = [], open_items: items = [], caller_name: name } }: RawCall): string {
  return JSON.stringify({
    operations: operations.map(({ add, update, retire, text, turns, confidence = 0.9, same_as: same, ...days }) => ({
      op: add !== undefined ? 'add' : update !== undefined ? 'update' : 'retire',
      fact_id: update ?? retire ?? null,
      text: add ?? text ?? null,
      category: 'situation',
      confidence,
      turns,
      same_as: same ?? null,
      ...validity(days)
    })),
    caller_name: name === undefined ? null : { ...name, confidence: 0.9 },
    language: null,
    open_items: items.map(({ open, turns, ...days }) =>
      ({ op: 'open', item_id: null, text: open, turns, ...validity(days) }))
  })
}

function validity ({ from, until }: Pick<RawOperation, 'from' | 'until'>) {
  return { valid_from: from ?? null, valid_until: until ?? null }
}
