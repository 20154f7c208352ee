import t from 'tap'
import { agree } from './agreement.ts'

// A process of its own, because it takes minutes on a busy machine.
t.setTimeout(600_000)
t.test('preview, told and the real answer agree, 100,000 times', async () => await agree(100_000))
