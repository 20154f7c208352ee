/** `npm run bench:learning`: what is learnt from sixty short calls in seven languages, and what should not be. */
import { parseArgs } from 'node:util'
import { ModelAnswerSchema } from '../../schemas/model-answer.ts'
import { createModel } from '../../src/learning/model.ts'
import { readCalls, type LearningCall } from './calls.ts'
import { scoreCall, tables, type AskModel, type Score } from './score.ts'

const USAGE = `npm run bench:learning -- [options]

  --model NAME   asks this model instead of the script
  --url URL      of an OpenAI-compatible endpoint (OPENCLAW_API_BASE_URL); its key is taken from OPENCLAW_API_KEY
  --details      prints what is false or missing, except in the calls that are held back
`

const CALLS = 'bench/learning/calls.yaml'
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
const scores: Score[] = []
for (const call of readCalls(CALLS)) scores.push(await scoreCall(call, askFor(call)))
process.stdout.write(`${tables(scores)}\n`)
if (values.details) for (const score of scores.filter(({ call }) => !call.isHeldBack)) printDetails(score)

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
