/** `npm run bench:recall -- <locomo10.json>`: how well and how fast a caller's memory is searched. */
import { readFileSync } from 'node:fs'
import { fitAnswer } from '../../src/recall/answer.ts'
import type { RecallItem } from '../../src/recall/items.ts'
import { loadLanguage, type Language } from '../../src/language/languages.ts'
import { search, type RankedItem } from '../../src/recall/ranking.ts'
import { createIndex } from '../../src/recall/recall-index.ts'
import { conversationOf, factsOf, type Conversation, type Question, type Sample } from './locomo.ts'

const ANSWER_BYTES = 1500
const TUNED_ON = 3
const CUTOFFS = [5, 10, 20]

const [path] = process.argv.slice(2)
if (path === undefined) {
  process.stderr.write('npm run bench:recall -- <locomo10.json>, from https://github.com/snap-research/locomo\n')
  process.exit(2)
}
const english = await loadLanguage('en')
const samples = JSON.parse(readFileSync(path, 'utf8')) as Sample[]
const conversations = samples.map(conversationOf)
report(`Conversations 1–${TUNED_ON}`, conversations.slice(0, TUNED_ON))
report(`Conversations ${TUNED_ON + 1}–${conversations.length}`, conversations.slice(TUNED_ON))
reportLargeCaller()

interface Measured {
  question: Question
  /** Of the conversation. */
  indexMs: number
  /** Recall of evidence by column. */
  recall: Record<string, number>
  ms: number
}

type Group = [name: string, belongs: (category: number) => boolean]

function report (title: string, some: Conversation[]): void {
  const measured = some.flatMap((conversation) => measure(conversation, english))
  const groups: Group[] = [
    ['1–4', (category) => category <= 4],
    ...[1, 2, 3, 4, 5].map((only): Group => [String(only), (category) => category === only])
  ]
  const columns = Object.keys(measured[0]!.recall)
  print(`\n${title}\n\n| category | questions | ${columns.join(' | ')} |\n|---|---|${'---|'.repeat(columns.length)}`)
  for (const [name, belongs] of groups) {
    const rows = measured.filter(({ question }) => belongs(question.category))
    const cells = columns.map((column) => mean(rows.map(({ recall }) => recall[column]!)).toFixed(3))
    print(`| ${name} | ${rows.length} | ${cells.join(' | ')} |`)
  }
  print(`\nms per index: ${times(measured.map(({ indexMs }) => indexMs))}`)
  print(`ms per question: ${times(measured.map(({ ms }) => ms))}`)
}

function measure ({ items, questions, now }: Conversation, language: Language): Measured[] {
  const begun = performance.now()
  const index = createIndex(items, language, 'UTC')
  const indexMs = performance.now() - begun
  return questions.map((question) => {
    const start = performance.now()
    const ranked = search(index, question.text, now)
    const answer = fitAnswer(ranked, ANSWER_BYTES, now, 'UTC')
    return { question, indexMs, ms: performance.now() - start, recall: recallOf(question, ranked, answer.items) }
  })
}

function recallOf ({ evidence }: Question, ranked: RankedItem[], told: RecallItem[]): Record<string, number> {
  const turns = ranked.flatMap(({ item }) => item.kind === 'turn' ? [item.id] : [])
  const sessions = [...new Set(ranked.map(({ item }) => item.callId))]
  const wanted = [...new Set(evidence.map((id) => id.slice(1).split(':')[0]))]
  return {
    ...Object.fromEntries(CUTOFFS.map((cutoff) => [`turns @${cutoff}`, share(evidence, turns.slice(0, cutoff))])),
    ...Object.fromEntries(CUTOFFS.map((cutoff) => [`sessions @${cutoff}`, share(wanted, sessions.slice(0, cutoff))])),
    [`turns in ${ANSWER_BYTES} bytes`]: share(evidence, told.map(({ id }) => id))
  }
}

/** A caller with 1,000 facts and 20 transcripts of a hundred turns or more. */
function reportLargeCaller (): void {
  const facts = samples.flatMap(factsOf).slice(0, 1000)
  const turns = conversations.flatMap(({ items }) => items).filter(({ kind }) => kind === 'turn')
  const calls = turns.slice(0, 20 * 120).map((turn, number) => ({ ...turn, callId: String(Math.floor(number / 120)) }))
  const items = [...facts, ...calls]
  const { now } = conversations[0]!
  const measured = conversations.flatMap(({ questions }) => measure({ items, now, questions }, english))
  print(`\nA caller with ${facts.length} facts and ${calls.length} turns in 20 calls\n`)
  print(`ms per index: ${times(measured.map(({ indexMs }) => indexMs))}`)
  print(`ms per question: ${times(measured.map(({ ms }) => ms))}`)
}

function share<T> (wanted: T[], found: T[]): number {
  return wanted.filter((each) => found.includes(each)).length / wanted.length
}

function mean (values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function times (values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (percent: number) => sorted[Math.floor((sorted.length - 1) * percent / 100)]!
  return [50, 95, 99].map((percent) => `p${percent} ${at(percent).toFixed(2)}`).join(', ')
}

function print (line: string): void {
  process.stdout.write(`${line}\n`)
}
