/** What a caller's record has that can be recalled. */
import type { Call, CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { isCurrentNote } from '../caller/notes.ts'
import { isOpen } from '../caller/open-items.ts'

export type RecallKind = 'fact' | 'open_item' | 'note' | 'summary' | 'turn'

export interface RecallItem {
  /** Unique among the caller's items of this kind. */
  id: string
  kind: RecallKind
  text: string
  /** When it was said or written, ISO 8601. */
  at: string
  /** The same for all items of a call. Its turns stand side by side, in the order in which they were said. */
  callId?: string
  /** Turns only: a name, or what somebody is called in a question. */
  speaker?: string
}

/** Of those that are current. */
export function factItems (facts: readonly Fact[], now: string): RecallItem[] {
  return facts.filter((fact) => isCurrentFact(fact, now)).map(written('fact'))
}

/** Of those that are open or current. */
export function noteItems ({ open_items: items = [], notes }: CallerRecord, now: string): RecallItem[] {
  const current = notes.filter((note) => isCurrentNote(note, now))
  return [...items.filter(isOpen).map(written('open_item')), ...current.map(written('note'))]
}

function written (kind: RecallKind) {
  return (item: { id: string, text: string, created_at: string }): RecallItem =>
    ({ id: item.id, kind, text: item.text, at: item.created_at })
}

/** The title, the sentences of the summary, and the turns. */
export function callItems (call: Call, callerName: string | null): RecallItem[] {
  const callId = String(call.number)
  const common = { at: call.started_at, callId }
  const told = (part: 'title' | 'summary') => call.withheld?.includes(part) === true ? '' : call[part] ?? ''
  const about = [...told('title') === '' ? [] : [told('title')], ...sentences(told('summary'))]
  const summary = about.map((text, index): RecallItem =>
    ({ id: `${callId}/summary/${index + 1}`, kind: 'summary', text, ...common }))
  const speakers = { user: callerName ?? 'caller', agent: 'agent' }
  const turns = call.transcript?.map(({ number, role, text }): RecallItem =>
    ({ id: `${callId}/${number}`, kind: 'turn', text, speaker: speakers[role], ...common }))
  return [...summary, ...turns ?? []]
}

/** So that what answers a question can be told without the rest. A number ends no sentence: "am 3. Mai". */
export function sentences (text: string): string[] {
  return text.split(/(?<=(?<!\d)[.!?…])\s+|(?<=[。！？])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
}
