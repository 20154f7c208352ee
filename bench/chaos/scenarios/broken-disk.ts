/**
 * A disk that takes no more, full or read-only: rings are answered, nothing is acknowledged in vain, and it heals by itself,
 * also when the bridge was killed and started again meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf, newCall } from '../../people.ts'
import { untilIdle } from '../../process-usage.ts'
import type { Answer, Api, NoAnswer } from '../api.ts'
import { startClients } from '../clients.ts'
import type { Disk } from '../disks.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, spawn, stop, withApi, type Scenario, type ScenarioParts } from '../scenario.ts'

const PEOPLE = Array.from({ length: 12 }, (_, index) => index)
const STRANGER = 1000
const KNOWN = 1001
const FACT = 'grows orchids'

/** Load before, during and after, in milliseconds. */
const LOAD_MS = 500

/** Longest wait for a mended disk to be used again. */
const HEAL_MS = 5000

/** @param findDisk - a disk that can be broken, or why there is none here */
export function brokenDisk (name: string, findDisk: (parts: ScenarioParts) => Promise<Disk | string>): Scenario {
  return {
    name,

    async run (parts) {
      const disk = await findDisk(parts)
      if (typeof disk === 'string') return { skipped: disk }
      const { random, clients } = parts
      const ledger = createLedger()
      const faults: string[] = []
      const expect = (what: string, isTrue: boolean) => { if (!isTrue) faults.push(`not so: ${what}`) }
      let bridge = spawn(parts, disk.dataDir)
      let url = await bridge.listening
      const loadFor = async (tolerated: number[]) => {
        const load = startClients({ url, count: clients, people: PEOPLE, ledger, random, tolerated, isOrderly: true })
        await sleep(LOAD_MS)
        load.stop()
        await load.ended
        faults.push(...load.faults)
        return load.answered()
      }

      const expectBroken = async (api: Api) => {
        for (const n of [...PEOPLE, STRANGER]) expect(`caller ${n} rings and is answered 200`, (await api.ring(newCall(n, random))).status === 200)
        const writes = {
          fact: await api.admin('POST', `/api/memory/${hashOf(STRANGER)}`, { fact: 'likes tea' }),
          note: await api.admin('POST', '/api/notes', { note: 'closed today' }),
          'post-call': await api.postCall(newCall(STRANGER, random)),
          erasure: await api.admin('DELETE', `/api/memory/${hashOf(STRANGER)}`)
        }
        for (const [what, { status }] of Object.entries(writes)) expect(`${what}: answered 503, not ${status}`, status === 503)
        expect('/health/ready says so', (await api.get('/health/ready')).status === 503)
      }

      await loadFor([])
      const { status: known } = await withApi(url, (api) => api.admin('POST', `/api/memory/${hashOf(KNOWN)}`, { fact: FACT }))
      expect('a fact is stored', known === 200)
      // Records of rings are still on their way; each one that arrives makes room for the next.
      await untilIdle(bridge.pid)
      await disk.fail(bridge.pid)
      await withApi(url, expectBroken)
      const answered = await loadFor([503])

      if (disk.isLasting) {
        bridge.signal('SIGKILL')
        await bridge.exited
        ledger.processEnded()
        bridge = spawn(parts, disk.dataDir)
        url = await bridge.listening
        await withApi(url, async (api) => {
          await expectBroken(api)
          expect('a ring after the restart is neutral', !isPersonal(await api.ring(newCall(KNOWN, random))))
        })
      }

      await disk.mend(bridge.pid)
      // What rang meanwhile could not be recorded; its post-call would restore it.
      ledger.distrustRings()
      const healedMs = await withApi(url, async (api) => {
        const mendedAt = performance.now()
        while ((await api.get('/health/ready')).status !== 200 && performance.now() - mendedAt < HEAL_MS) await sleep(20)
        const tookMs = performance.now() - mendedAt
        expect('a ring is personal again', isPersonal(await api.ring(newCall(KNOWN, random))))
        return tookMs
      })
      expect('it works again by itself', healedMs < HEAL_MS)
      await loadFor([])
      faults.push(...await stop(bridge))
      ledger.processEnded()

      faults.push(...(await checkFiles(disk.dataDir, ledger, true)).faults)
      const again = spawn(parts, disk.dataDir)
      faults.push(...await checkApi(await again.listening, ledger, ledger.owners(), true), ...await stop(again))
      return {
        figures: `${disk.what}${disk.isLasting ? ', with a restart' : ', without a restart'}; ${answered.toLocaleString('en')} answers while it was broken, ${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
          `used again ${healedMs.toFixed(0)} ms after it was mended`,
        faults
      }
    }
  }
}

function isPersonal (answer: Answer | NoAnswer): boolean {
  return 'json' in answer && JSON.stringify(answer.json).includes(FACT)
}
