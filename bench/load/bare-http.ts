/** The least that Node can do: reads the body and sends the bytes of a file. Its own process. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const bytes = readFileSync(process.argv[2]!)

const server = createServer((request, response) => {
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length })
    response.end(bytes)
  })
  request.resume()
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
