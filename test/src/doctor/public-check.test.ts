import t from 'tap'
import type { PublicFacts } from '../../../src/doctor/gather-network.ts'
import { checkPublicAddress } from '../../../src/doctor/public-check.ts'
import { broken } from './doctor.ts'

const GOOD: PublicFacts = {
  url: 'https://bridge.example', health: { status: 200, bridgeId: 'a' }, bridgeId: 'a', webhooks: { state: 'ready' }, certificateDays: 60.5, clockAheadSecs: 0.4
}

t.test('a good address has nothing to look at', async (t) => {
  t.strictSame(checkPublicAddress(GOOD).map(({ check, message }) => [check, message]), [
    ['public address', 'https://bridge.example is this bridge.'], ['webhooks', 'They take the secrets of these settings, and nothing else.'], ['certificate', 'It lasts 60 more days.'], ['clock', 'It is right.']
  ])
  t.equal(checkPublicAddress({ ...GOOD, webhooks: null, certificateDays: null, clockAheadSecs: null }).length, 1)
})

t.test('finds', async (t) => {
  const cases: Array<[what: string, change: Partial<PublicFacts>, found: string[]]> = [
    ['no server', { health: { fault: 'the connection failed, ECONNREFUSED' } }, ['failure public address: https://bridge.example cannot be reached from here: the connection failed, ECONNREFUSED.']],
    ['a proxy without a bridge', { health: { status: 502, bridgeId: null } }, ['failure public address: https://bridge.example/health responds with 502.']],
    ['something else', { health: { status: 200, bridgeId: null } }, ['failure public address: https://bridge.example is not a memory bridge, or an older one.']],
    ['another bridge', { health: { status: 200, bridgeId: 'b' } }, ['failure public address: https://bridge.example is another bridge.']],
    ['a bridge that may be another', { bridgeId: null }, ['warning public address: https://bridge.example is a bridge; whether it is this one is not known.']],
    ['a bridge that was not restarted', { webhooks: { state: 'restart', reason: 'x' } }, ['failure webhooks: The running bridge has other secrets than these settings.']],
    ['a proxy in the way', { webhooks: { state: 'elsewhere', reason: '/webhook/post-call responds with 404' } }, ['failure webhooks: /webhook/post-call responds with 404.']],
    ['a certificate that has ended', { certificateDays: -0.1 }, ['failure certificate: It has ended: ElevenLabs cannot call the bridge.']],
    ['a certificate that ends soon', { certificateDays: 20.9 }, ['warning certificate: It ends in 20 days.']],
    ['a clock that is ahead', { clockAheadSecs: 61 }, ['warning clock: It is 61 seconds ahead.']],
    ['a clock that is far behind', { clockAheadSecs: -1600 }, ['failure clock: It is 1600 seconds behind.']]
  ]
  for (const [what, change, found] of cases) {
    t.strictSame(broken(checkPublicAddress({ ...GOOD, ...change })), found, what)
  }
})
