import t from 'tap'
import type { CallerRecord, OpenItem } from '../../../schemas/caller-record.ts'
import { recordToChange } from '../../../src/caller/caller.ts'
import { closeItem, MAX_OPEN_ITEMS, withClosedItem, withOpenItem } from '../../../src/caller/open-items.ts'
import { at, callerHash, contextOf } from '../../stored.ts'

const empty = recordToChange({ record: null, erasedAt: null }, contextOf(callerHash(1), 0))
const item = (n: number): OpenItem => ({ id: `item-${n}`, text: `Call back on day ${n}`, evidence: 'We will call back.', conversation_id: 'conv_1', created_at: at(n), closed_at: null })
const withItems = (count: number) => Array.from(
  { length: count },
  (_, n) => item(n + 1)
).reduce<CallerRecord>(withOpenItem, empty)

t.test('an item is opened and closed', async (t) => {
  const record = withItems(2)
  const { caller, result } = closeItem('item-1', at(9))({ record, erasedAt: null })

  t.strictSame(result, { ...item(1), closed_at: at(9) })
  t.strictSame(caller.record, { ...record, open_items: [result, item(2)] })
})

t.test('closing again changes nothing', async (t) => {
  const record = withClosedItem(withItems(1), 'item-1', at(9))
  const caller = { record, erasedAt: null }
  const again = closeItem('item-1', at(20))(caller)
  t.equal(again.caller, caller)
  t.equal(again.result.closed_at, at(9))
})

t.test('an unknown item, or caller, is an error', async (t) => {
  for (const record of [withItems(1), null]) t.throws(() => closeItem('item-7', at(9))({ record, erasedAt: null }), { code: 'BRIDGE_OPEN_ITEM_UNKNOWN' })
})

t.test('beyond the limit, the oldest closed item goes, then the oldest open one', async (t) => {
  const full = withClosedItem(withItems(MAX_OPEN_ITEMS), 'item-5', at(99))
  const ids = (record: CallerRecord) => record.open_items?.map(({ id }) => id)

  const one = withOpenItem(full, item(100))
  const two = withOpenItem(one, item(101))

  t.strictSame(ids(one), ids(full)?.filter((id) => id !== 'item-5').concat('item-100'))
  t.strictSame(ids(two), ids(one)?.filter((id) => id !== 'item-1').concat('item-101'))
})
