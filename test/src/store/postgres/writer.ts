/**
 * A process that adds facts to one caller: 100 at once, each followed by the next. Arguments: URL, phone hash, name,
 * how many.
 * Says `ready`, waits for a line, and prints what each fact was told of the total.
 */
import { once } from 'node:events'
import { argv, stdin } from 'node:process'
import { openPostgresStore } from '../../../postgres.ts'
import { fact } from '../../../stored.ts'

const AT_ONCE = 100

const [, , url = '', phoneHash = '', name = '', count = ''] = argv
const store = await openPostgresStore(url)
await store.check()
console.log('ready')
await once(stdin, 'data')
const totals: number[] = []
await Promise.all(Array.from({ length: AT_ONCE }, async (_, lane) => {
  for (let n = lane + 1; n <= Number(count); n += AT_ONCE) {
    totals.push((await store.update(phoneHash, fact(phoneHash, `${name} ${n}`))).totalFacts)
  }
}))
console.log(JSON.stringify(totals))
await store.close()
stdin.destroy()
