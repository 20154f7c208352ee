/** The short form of `npm run chaos`: every scenario, a handful of kills, a few seconds of attack. */
import t from 'tap'
import { runScenario, SCENARIOS } from '../bench/chaos/run.ts'
import { createCleanup } from '../bench/cleanup.ts'

const KILLS = 4

// A dozen starts and stops; a busy machine takes long for them.
t.setTimeout(600_000)
const cleanup = createCleanup()
t.teardown(() => cleanup.run())
const folder = await cleanup.folder()
const seed = Date.now() % 1_000_000

for (const [key, { name }] of Object.entries(SCENARIOS)) {
  t.test(name, async (t) => {
    const outcome = await runScenario(
      key,
      folder,
      { seed, kills: KILLS, stops: 1, seconds: 3, clients: 6, say: (text) => t.comment(text) },
      cleanup
    )

    if ('skipped' in outcome) {
      t.comment(`skipped: ${name}: ${outcome.skipped}`)
      t.pass(`skipped: ${outcome.skipped}`)
      return
    }
    t.comment(`seed ${seed}: ${outcome.figures}`)
    t.strictSame(outcome.faults, [], `nothing is wrong; once more with npm run chaos -- --only ${key} --seed ${seed}`)
  })
}
