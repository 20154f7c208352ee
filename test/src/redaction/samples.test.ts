/** How much of what should be masked is masked, as the table in docs/privacy.md says. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse } from 'yaml'
import { redact } from '../../../src/redaction/redact.ts'
import { redactTurns } from '../../../src/redaction/turns.ts'

const NOTHING = 'nothing'

interface Sample {
  kind: string
  turns: Array<{ role: 'user' | 'agent', text: string }>
  secrets: string[]
}

async function samples (): Promise<Sample[]> {
  type Kinds = Record<string, string[][]>
  const byLanguage = parse(await readFile('test/fixtures/redaction-samples.yaml', 'utf8')) as Record<string, Kinds>
  const kinds = Object.values(byLanguage).flatMap((some) => Object.entries(some))
  return kinds.flatMap(([kind, calls]) => calls.map((lines) => ({
    kind,
    turns: lines.map((line) => ({ role: line.startsWith('A: ') ? 'agent' as const : 'user' as const, text: line.slice(3).replace(/[{}]/g, '') })),
    secrets: lines.flatMap((line) => [...line.matchAll(/\{(.*?)\}/g)].map(([, secret]) => secret!))
  })))
}

/** Whether nothing of the secrets is left; of what has none, whether all is left. */
function isRight ({ turns, secrets }: Sample): boolean {
  const masked = redactTurns(turns).map(({ text }) => redact(text)).join('\n')
  if (secrets.length === 0) return masked === turns.map(({ text }) => text).join('\n')
  const callers = redactTurns(turns).filter(({ role }) => role === 'user').map(({ text }) => redact(text)).join('\n')
  return secrets.every((secret) => !callers.includes(secret))
}

t.test('the table in docs/privacy.md says what is found of 200 samples', async (t) => {
  const all = await samples()
  t.equal(all.length, 200)
  t.equal(new Set(all.map(({ kind }) => kind)).size, 10)

  const docs = await readFile('docs/privacy.md', 'utf8')
  for (const kind of new Set(all.map((sample) => sample.kind))) {
    const some = all.filter((sample) => sample.kind === kind)
    const right = some.filter(isRight).length
    const row = kind === NOTHING ? `| nothing to mask, left as it is | ${right} of ${some.length} |` : `| ${kind} | ${right} of ${some.length} |`
    t.ok(docs.includes(row), row)
  }
})
