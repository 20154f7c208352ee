import t from 'tap'
import { agree } from './agreement.ts'

t.test('preview, told and the real answer agree, 2,000 times', async () => await agree(2000))
