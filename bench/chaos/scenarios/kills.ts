/** `kill -9` at random moments, under load and during the start: exactly what was acknowledged is stored. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf } from '../../people.ts'
import { startClients } from '../clients.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, dataDirOf, spawn, stop, type Scenario } from '../scenario.ts'

/** Callers written about at a time. Some change after each kill, so that records do not get larger than in real use. */
const PEOPLE = 12
const NEW_PEOPLE = 3

/** A bridge under load is killed after at most this many responses, or this long. */
const MAX_RESPONSES = 300
const MAX_LIFE_MS = 2000

/** A starting bridge is killed within this time: about what a start takes. */
const MAX_START_MS = 500

const SAY_EVERY = 10

const START_SHARE = 0.15

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
      if (random.chance(START_SHARE)) {
        duringStart++
        await sleep(random.below(MAX_START_MS))
        bridge.signal('SIGKILL')
        await bridge.exited
        continue
      }
      const url = await bridge.ready()
      faults.push(...await checkApi(url, ledger, lastOwners, false))
      const people = Array.from({ length: PEOPLE }, (_, index) => kill * NEW_PEOPLE + index)
      const load = startClients({ url, count: clients, people, ledger, random })
      await load.reached(random.below(MAX_RESPONSES), MAX_LIFE_MS)
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
    faults.push(...await checkApi(await last.ready(), ledger, ledger.owners(), false))
    faults.push(...await stop(last))
    const { faults: inFiles, folder: { tempFiles, records } } = await checkFiles(dataDir, ledger, true)
    return {
      figures: `${parts.kills} kills (${duringStart} during the start), ` +
        `${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
        `${records.size} callers, ${tempFiles} temp files left`,
      faults: [...faults, ...inFiles]
    }
  }
}
