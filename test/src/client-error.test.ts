/** The audit's row: an error has the usual form even where Node refuses the request before the bridge sees it. */
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build } from '../helper.ts'

t.test('every refusal has the usual form', async (t) => {
  const app = await build(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo

  /** The whole response to these bytes. */
  async function send (bytes: string): Promise<{ status: string, body: object }> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(bytes)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    t.match(head, /content-type: application\/json/i)
    return { status: head.split('\r\n')[0] ?? '', body: JSON.parse(body) as object }
  }

  const cases: Array<[what: string, bytes: string, status: string, body: object]> = [
    ['not HTTP', 'hello\r\n\r\n', '400 Bad Request', { statusCode: 400, code: 'BRIDGE_HTTP_MALFORMED', error: 'Bad Request' }],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', '400 Bad Request', { code: 'BRIDGE_HTTP_MALFORMED' }],
    ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', '400 Bad Request', { code: 'BRIDGE_HTTP_MALFORMED' }],
    ['a large head', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large', { statusCode: 431, code: 'BRIDGE_HEAD_TOO_LARGE' }],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n', '417 Expectation Failed', { statusCode: 417, code: 'BRIDGE_EXPECTATION_UNKNOWN' }]
  ]
  for (const [what, bytes, status, body] of cases) {
    const answer = await send(bytes)
    t.equal(answer.status, `HTTP/1.1 ${status}`, what)
    t.match(answer.body, body, what)
    t.strictSame(Object.keys(answer.body), ['statusCode', 'code', 'error', 'message'], what)
  }
  t.match((await app.inject('/health')).json(), { status: 'ok' })
})
