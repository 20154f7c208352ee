/** `kill -9` at random moments, under load and during the start: what was acknowledged is there, and nothing else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf } from '../../people.ts'
import { startClients } from '../clients.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, dataDirOf, spawn, stop, type Scenario } from '../scenario.ts'

/** Callers that are written about at a time; they move on, so that records stay as small as they are in life. */
const PEOPLE = 12
const MOVE_ON = 3

/** Longest life under load: so many answers, or milliseconds where answers are slow. */
const LIFE_ANSWERS = 300
const LIFE_MS = 2000

/** Longest life of a bridge that does not listen yet, in milliseconds: about what a start takes. */
const START_MS = 500

const SAY_EVERY = 10

/** Share of kills that come during the start. */
const DURING_START = 0.15

export const kills: Scenario = {
  name: 'kill -9 at random moments',

  async run (parts) {
    const { random, clients, folder } = parts
    const dataDir = dataDirOf(folder)
    const ledger = createLedger()
    const faults: string[] = []
    let duringStart = 0
    let lastOwners: Array<string | null> = []

    for (let kill = 0; kill < parts.kills; kill++) {
      if (kill > 0 && kill % SAY_EVERY === 0) parts.say(`${kill} of ${parts.kills} kills, ${faults.length} faults`)
      const bridge = spawn(parts)
      if (random.chance(DURING_START)) {
        duringStart++
        await sleep(random.below(START_MS))
        bridge.signal('SIGKILL')
        await bridge.exited
        continue
      }
      const url = await bridge.listening
      faults.push(...await checkApi(url, ledger, lastOwners, false))
      const people = Array.from({ length: PEOPLE }, (_, index) => kill * MOVE_ON + index)
      const load = startClients({ url, count: clients, people, ledger, random })
      await load.reached(random.below(LIFE_ANSWERS), LIFE_MS)
      bridge.signal('SIGKILL')
      await bridge.exited
      await load.ended
      ledger.processEnded()
      faults.push(...load.faults)
      const afterKill = await checkFiles(dataDir, ledger, false)
      faults.push(...afterKill.faults)
      lastOwners = [...people.map(hashOf), null]
    }

    const last = spawn(parts)
    faults.push(...await checkApi(await last.listening, ledger, ledger.owners(), false))
    faults.push(...await stop(last))
    const { faults: inFiles, folder: { tempFiles, records } } = await checkFiles(dataDir, ledger, true)
    return {
      figures: `${parts.kills} kills (${duringStart} during the start), ${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
        `${records.size} callers, ${tempFiles} temp files left`,
      faults: [...faults, ...inFiles]
    }
  }
}
