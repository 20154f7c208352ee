/** SIGTERM under load: exit code 0, every accepted request gets a response, and every recorded call is on disk. */
import { startClients } from '../clients.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, dataDirOf, spawn, stop, type Scenario } from '../scenario.ts'

const PEOPLE = Array.from({ length: 12 }, (_, index) => index)

/** A bridge is stopped after `least` to `least + more` responses, or after LOAD_MS on a slow machine. */
const LOAD_RESPONSES = { least: 150, more: 150 }
const LOAD_MS = 4000

export const stops: Scenario = {
  name: 'SIGTERM under load',

  async run (parts) {
    const { random, clients, folder } = parts
    const ledger = createLedger()
    const faults: string[] = []
    let responses = 0
    let unaccepted = 0
    for (let round = 0; round < parts.stops; round++) {
      const bridge = spawn(parts)
      const url = await bridge.ready()
      const load = startClients({ url, count: clients, people: PEOPLE, ledger, random, isOrderly: true })
      await load.reached(LOAD_RESPONSES.least + random.below(LOAD_RESPONSES.more), LOAD_MS)
      // The clients continue, as ElevenLabs does, until the bridge no longer listens.
      faults.push(...await stop(bridge))
      await load.ended
      ledger.processEnded()
      responses += load.responses()
      unaccepted += load.unaccepted()
      faults.push(...load.faults, ...(await checkFiles(dataDirOf(folder), ledger, true)).faults)
    }
    const last = spawn(parts)
    faults.push(...await checkApi(await last.ready(), ledger, ledger.owners(), true), ...await stop(last))
    return {
      figures: `${parts.stops} stops, ${responses.toLocaleString('en')} responses, ` +
        `${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
        `${unaccepted} connections that came too late`,
      faults
    }
  }
}
