/** https://bridge.example in this process: a TLS proxy on loopback, which has the name and a certificate. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import tls from 'node:tls'
import type { Test } from 'tap'

export const PUBLIC_URL = 'https://bridge.example'

const pem = (name: string) => readFileSync(`test/fixtures/tls/${name}.pem`, 'utf8')

/** Of bridge.example, with its key: signed by themselves, `valid` until 2126-01-01, `ended` on 2021-01-01. */
export const certificate = (name: 'valid' | 'ended') => ({ key: pem('key'), cert: pem(name) })

/** Passes everything on to the bridge on `port` of this machine, until the test ends. */
export async function tlsProxy (t: Pick<Test, 'teardown'>, port: number): Promise<Server> {
  const server = createServer(certificate('valid'), (from, to) => {
    const passed = request({ host: '127.0.0.1', port, method: from.method, path: from.url, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode!, answer.headers)
      pipeline(answer, to, () => {})
    })
    passed.on('error', () => to.writeHead(502).end())
    pipeline(from, passed, () => {})
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return server
}

/** As an entry in the DNS, and a known authority, would: `PUBLIC_URL` leads to the server until the test ends. */
export function namePublicly (t: Pick<Test, 'teardown'>, server: Server): void {
  const { port } = server.address() as AddressInfo
  const { connect } = tls
  const { hostname } = new URL(PUBLIC_URL)
  const named = (options: tls.ConnectionOptions) =>
    connect(options.servername === hostname ? { ...options, host: '127.0.0.1', port, ca: pem('valid') } : options)
  const set = (value: typeof connect) => {
    tls.connect = value
    syncBuiltinESMExports()
  }
  set(named as typeof connect)
  t.teardown(() => set(connect))
}
