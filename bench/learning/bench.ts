/** `npm run bench:learning`: what is learnt from sixty short calls in seven languages, and what should not be. */
import { parseArgs } from 'node:util'
import { ModelAnswerSchema } from '../../schemas/model-answer.ts'
import { createModel } from '../../src/learning/model.ts'
import { readCalls, type LearningCall } from './calls.ts'
import { rowOf, scoreCall, table, tables, type AskModel, type Score } from './score.ts'

const USAGE = `npm run bench:learning -- [options]

  --model NAME   asks this model instead of the script
  --url URL      of an OpenAI-compatible endpoint (OPENCLAW_API_BASE_URL); its key is taken from OPENCLAW_API_KEY
  --details      prints what is false or missing, except in the calls that are held back
`

const CALLS = 'bench/learning/calls.yaml'

/** Written when the code was done. What they showed first is in docs/memory.md. */
const AFTERWARDS = [
  { name: 'written afterwards', path: 'bench/learning/calls-afterwards.yaml' },
  { name: 'written after that', path: 'bench/learning/calls-later.yaml' }
]
const TIMEOUT_MS = 120_000

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    model: { type: 'string' },
    url: { type: 'string', default: process.env['OPENCLAW_API_BASE_URL'] ?? '' },
    details: { type: 'boolean', default: false }
  }
})
if (values.help || (values.model !== undefined && values.url === '')) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}

const askFor = values.model === undefined ? scripted : asking(values.model, values.url)
const scores = await scoresOf(CALLS)
process.stdout.write(`${tables(scores)}\n\n`)
const later = AFTERWARDS.map(async ({ name, path }) => rowOf(name, await scoresOf(path)))
process.stdout.write(`${table('calls', await Promise.all(later))}\n`)
if (values.details) for (const score of scores.filter(({ call }) => !call.isHeldBack)) printDetails(score)

async function scoresOf (path: string): Promise<Score[]> {
  const all: Score[] = []
  for (const call of readCalls(path)) all.push(await scoreCall(call, askFor(call)))
  return all
}

function scripted ({ answer }: LearningCall): AskModel {
  return async () => answer
}

function asking (name: string, baseUrl: string): () => AskModel {
  const apiKey = process.env['OPENCLAW_API_KEY']
  const model = createModel({ baseUrl, apiKey, model: name, timeoutMs: TIMEOUT_MS }, ModelAnswerSchema)
  return () => async (messages) => await model.ask(messages, new AbortController().signal)
}

function printDetails ({ call, wrong, missing }: Score): void {
  for (const text of wrong) process.stdout.write(`\n${call.language}, ${call.what}: false: ${text}`)
  for (const text of missing) process.stdout.write(`\n${call.language}, ${call.what}: missing: ${text}`)
}
