/** SIGTERM under load: exit code 0, every request that was accepted is answered, and every recorded call is on disk. */
import { startClients } from '../clients.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, dataDirOf, spawn, stop, type Scenario } from '../scenario.ts'

const PEOPLE = Array.from({ length: 12 }, (_, index) => index)

/** Load before a stop: so many answers, or milliseconds where answers are slow. */
const LOAD_ANSWERS = { least: 150, more: 150 }
const LOAD_MS = 4000

export const stops: Scenario = {
  name: 'SIGTERM under load',

  async run (parts) {
    const { random, clients, folder } = parts
    const ledger = createLedger()
    const faults: string[] = []
    let answered = 0
    let unaccepted = 0
    for (let round = 0; round < parts.stops; round++) {
      const bridge = spawn(parts)
      const load = startClients({ url: await bridge.listening, count: clients, people: PEOPLE, ledger, random, isOrderly: true })
      await load.reached(LOAD_ANSWERS.least + random.below(LOAD_ANSWERS.more), LOAD_MS)
      // The clients go on, as ElevenLabs does; each ends when nobody listens any more.
      faults.push(...await stop(bridge))
      await load.ended
      ledger.processEnded()
      answered += load.answered()
      unaccepted += load.unaccepted()
      faults.push(...load.faults, ...(await checkFiles(dataDirOf(folder), ledger, true)).faults)
    }
    const last = spawn(parts)
    faults.push(...await checkApi(await last.listening, ledger, ledger.owners(), true), ...await stop(last))
    return {
      figures: `${parts.stops} stops, ${answered.toLocaleString('en')} answers, ${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
        `${unaccepted} connections that came too late`,
      faults
    }
  }
}
