/**
 * A full or read-only disk: call starts get a response, nothing is acknowledged that is not stored, and the bridge
 * recovers by itself, also after it was killed and restarted meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf, newCall } from '../../people.ts'
import { untilIdle } from '../../process-usage.ts'
import type { ApiResponse, Api, NoResponse } from '../api.ts'
import { startClients } from '../clients.ts'
import type { Disk } from '../disks.ts'
import { createLedger } from '../ledger.ts'
import { checkApi, checkFiles, spawn, stop, withApi, type Scenario, type ScenarioParts } from '../scenario.ts'

const PEOPLE = Array.from({ length: 12 }, (_, index) => index)
const STRANGER = 1000
const KNOWN = 1001
const FACT = 'grows orchids'

const LOAD_MS = 500

const RECOVER_MS = 5000

/** @param findDisk - returns a disk that can be broken, or why there is none on this machine */
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
      let url = await bridge.ready()
      const loadFor = async (tolerated: number[]) => {
        const load = startClients({ url, count: clients, people: PEOPLE, ledger, random, tolerated, isOrderly: true })
        await sleep(LOAD_MS)
        load.stop()
        await load.ended
        faults.push(...load.faults)
        return load.responses()
      }

      const expectBroken = async (api: Api) => {
        for (const n of [...PEOPLE, STRANGER]) {
          const call = newCall(n, random)
          const attempt = ledger.store(ledger.item('call', hashOf(n), call.conversationId))
          const { status } = await api.callStart(call)
          // It is kept in memory until the disk works again, unless the bridge is killed before.
          ledger.finish(attempt, 'unknown')
          expect(`the call start of caller ${n} gets 200, not ${status}`, status === 200)
        }
        const writes = {
          fact: await api.admin('POST', `/api/memory/${hashOf(STRANGER)}`, { fact: 'likes tea' }),
          note: await api.admin('POST', '/api/notes', { note: 'closed today' }),
          'call end': await api.callEnd(newCall(STRANGER, random)),
          erasure: await api.admin('DELETE', `/api/memory/${hashOf(STRANGER)}`)
        }
        for (const [what, { status }] of Object.entries(writes)) {
          expect(`${what}: gets 503, not ${status}`, status === 503)
        }
        // One check of the storage serves a second of requests.
        const askedAt = performance.now()
        let ready = await api.get('/health/ready')
        while (ready.status !== 503 && performance.now() - askedAt < 2000) {
          await sleep(50)
          ready = await api.get('/health/ready')
        }
        expect('/health/ready says so', ready.status === 503)
      }

      await loadFor([])
      const { status } = await withApi(url, (api) =>
        api.admin('POST', `/api/memory/${hashOf(KNOWN)}`, { fact: FACT }))
      expect('a fact is stored', status === 200)
      // Otherwise call starts that are still being written would replace files, and so free space on the full disk.
      await untilIdle(bridge.pid)
      await disk.fail(bridge.pid)
      await withApi(url, expectBroken)
      const responses = await loadFor([503])

      if (disk.isLasting) {
        bridge.signal('SIGKILL')
        await bridge.exited
        ledger.processEnded()
        bridge = spawn(parts, disk.dataDir)
        url = await bridge.listening
        await withApi(url, async (api) => {
          await expectBroken(api)
          const response = await api.callStart(newCall(KNOWN, random))
          expect('a call start after the restart gets the neutral response', !isPersonal(response))
        })
      }

      await disk.fix(bridge.pid)
      // Call starts that were only in memory are lost with the killed bridge; only their call end would add them.
      ledger.distrustRecorded()
      const recoveredMs = await withApi(url, async (api) => {
        const fixedAt = performance.now()
        const tookMs = () => performance.now() - fixedAt
        while ((await api.get('/health/ready')).status !== 200 && tookMs() < RECOVER_MS) await sleep(20)
        const readyMs = tookMs()
        expect('a call start gets a personal response again', isPersonal(await api.callStart(newCall(KNOWN, random))))
        return readyMs
      })
      expect('it recovers by itself', recoveredMs < RECOVER_MS)
      await loadFor([])
      faults.push(...await stop(bridge))
      ledger.processEnded()

      faults.push(...(await checkFiles(disk.dataDir, ledger, true)).faults)
      const again = spawn(parts, disk.dataDir)
      faults.push(...await checkApi(await again.ready(), ledger, ledger.owners(), true), ...await stop(again))
      return {
        figures: `${disk.what}, ${disk.isLasting ? 'with' : 'without'} a restart; ` +
          `${responses.toLocaleString('en')} responses while it was broken, ` +
          `${ledger.acknowledged().toLocaleString('en')} acknowledged writes, ` +
          `used again ${recoveredMs.toFixed(0)} ms after it was fixed`,
        faults
      }
    }
  }
}

function isPersonal (response: ApiResponse | NoResponse): boolean {
  return 'json' in response && JSON.stringify(response.json).includes(FACT)
}
