/** `npm run bench:recall -- <locomo10.json>`: how well and how fast a caller's memory is searched. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadLanguage, type Language } from '../../src/language/languages.ts'
import { fitAnswer } from '../../src/recall/answer.ts'
import { embed } from '../../src/recall/embeddings.ts'
import { fuse, nearnessOf } from '../../src/recall/fusion.ts'
import type { RecallItem } from '../../src/recall/items.ts'
import { passagesOf } from '../../src/recall/passages.ts'
import { search, type RankedItem } from '../../src/recall/ranking.ts'
import { createIndex } from '../../src/recall/recall-index.ts'
import { storedVector } from '../../src/recall/vectors.ts'
import { conversationOf, factsOf, type Conversation, type Question, type Sample } from './locomo.ts'

const ANSWER_BYTES = 1500
const TUNED_ON = 3
const CUTOFFS = [5, 10, 20]

const USAGE = `npm run bench:recall -- <locomo10.json> [options]

  locomo10.json  from https://github.com/snap-research/locomo
  --model NAME   an embeddings model: meanings are compared, too, as with EMBEDDINGS_MODEL
  --url URL      of an OpenAI-compatible endpoint (OPENCLAW_API_BASE_URL); its key is taken from OPENCLAW_API_KEY
`
/** Texts in one request. */
const BATCH = 16
const EMBEDDING_MS = 120_000

const { values: { model, url }, positionals: [path] } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' }, url: { type: 'string', default: process.env['OPENCLAW_API_BASE_URL'] ?? '' } }
})
if (path === undefined || (model !== undefined && url === '')) {
  process.stderr.write(USAGE)
  process.exit(2)
}
const english = await loadLanguage('en')
const samples = JSON.parse(readFileSync(path, 'utf8')) as Sample[]
const conversations = samples.map(conversationOf)
await report(`Conversations 1–${TUNED_ON}`, conversations.slice(0, TUNED_ON))
await report(`Conversations ${TUNED_ON + 1}–${conversations.length}`, conversations.slice(TUNED_ON))
if (model === undefined) await reportLargeCaller()

interface Measured {
  question: Question
  /** Of the conversation. */
  indexMs: number
  /** Recall of evidence by column. */
  recall: Record<string, number>
  ms: number
}

type Group = [name: string, belongs: (category: number) => boolean]

async function report (title: string, some: Conversation[]): Promise<void> {
  const measured: Measured[] = []
  for (const conversation of some) measured.push(...await measure(conversation, english))
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

async function measure ({ items, questions, now }: Conversation, language: Language): Promise<Measured[]> {
  const begun = performance.now()
  const index = createIndex(items, language, 'UTC')
  const indexMs = performance.now() - begun
  const passages = model === undefined ? [] : passagesOf(items)
  const vectors = await embedAll(passages.map(({ text }) => text))
  const marked = passages.map(({ items }, n) => ({ items, mark: String(n) }))
  const stored = new Map(marked.map(({ mark }, n) => [mark, storedVector(vectors[n]!, mark)]))
  const asked = model === undefined ? [] : await embedAll(questions.map(({ text }) => text))
  return questions.map((question, n) => {
    const start = performance.now()
    const found = search(index, question.text, now)
    const ranked = model === undefined ? found : fuse(index, found, nearnessOf(marked, stored, asked[n]!))
    const answer = fitAnswer(ranked, ANSWER_BYTES, now, 'UTC')
    return { question, indexMs, ms: performance.now() - start, recall: recallOf(question, ranked, answer.items) }
  })
}

async function embedAll (texts: string[]): Promise<number[][]> {
  const settings = { baseUrl: url, apiKey: process.env['OPENCLAW_API_KEY'], model: model ?? '' }
  const vectors: number[][] = []
  for (let n = 0; n < texts.length; n += BATCH) {
    vectors.push(...await embed(settings, texts.slice(n, n + BATCH), EMBEDDING_MS, new AbortController().signal))
  }
  return vectors
}

function recallOf ({ evidence }: Question, ranked: readonly RankedItem[], told: RecallItem[]): Record<string, number> {
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
async function reportLargeCaller (): Promise<void> {
  const facts = samples.flatMap(factsOf).slice(0, 1000)
  const turns = conversations.flatMap(({ items }) => items).filter(({ kind }) => kind === 'turn')
  const calls = turns.slice(0, 20 * 120).map((turn, number) => ({ ...turn, callId: String(Math.floor(number / 120)) }))
  const items = [...facts, ...calls]
  const { now } = conversations[0]!
  const questions = conversations.flatMap((conversation) => conversation.questions)
  const measured = await measure({ items, now, questions }, english)
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
