/** Reads a backup, and stops at the first fault. */
import { read } from 'node:fs'
import { pipeline } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { BackupUnusable } from '../errors.ts'
import type { DocumentChecks } from '../store/formats.ts'
import type { Sealer } from '../store/sealer.ts'
import { createLineReader, readHeader, type BackupCounts, type BackupHeader, type Entry } from './backup-format.ts'

export interface BackupSource {
  /** An open file, read by position: it can be read more than once. */
  fd: number
  checks: DocumentChecks
  sealer: Sealer | null
  /** Called now and then with the number of bytes read so far. */
  onBytes?: (bytes: number) => void
}

/** The bridge writes no longer line, and a longer one could fill the memory. */
const MAX_LINE_CHARS = 64 * 1024 * 1024

const CHUNK_BYTES = 256 * 1024

/** Throws as `readEntries` does. */
export async function readBackupHeader (fd: number): Promise<BackupHeader> {
  const lines = linesOf({ fd })
  const { value: first } = await lines.next()
  await lines.return(undefined)
  if (first === undefined) throw new BackupUnusable('it is empty')
  return readHeader(first)
}

/**
 * Yields everything in a backup, in order, and returns the counts.
 *
 * @throws {BackupUnusable} it is cut off or damaged, it does not open, a line does not fit its schema, or the number of
 *   entries differs from what its end says. Entries before the fault have been yielded by then
 */
export async function * readEntries (
  { fd, checks, sealer, onBytes }: BackupSource
): AsyncGenerator<Entry, BackupCounts> {
  let readLine: ReturnType<typeof createLineReader> | null = null
  let end: BackupCounts | null = null
  let callers = 0
  let documents = 0
  let last = ''
  for await (const text of linesOf({ fd, onBytes })) {
    if (readLine === null) {
      readLine = createLineReader(text, checks, sealer)
      continue
    }
    if (end !== null) throw new BackupUnusable('something follows its end')
    const line = readLine(text)
    if ('end' in line) {
      end = line.end
      continue
    }
    if ('caller' in line) {
      // Each caller comes only once, so a restore never has two writes for one caller at the same time.
      if (line.caller.phone_hash <= last) throw new BackupUnusable('its callers are not in order')
      last = line.caller.phone_hash
      callers++
    } else {
      documents++
    }
    yield line
  }
  if (end === null) throw new BackupUnusable('its end is missing')
  if (end.callers !== callers || end.documents !== documents) {
    throw new BackupUnusable(
      `it should have ${end.callers} callers and ${end.documents} documents, but has ${callers} and ${documents}`)
  }
  return end
}

/** The lines of a compressed file. node:readline would also split at U+2028, which a stored text can contain. */
async function * linesOf (
  { fd, onBytes }: { fd: number, onBytes?: ((bytes: number) => void) | undefined }
): AsyncGenerator<string, undefined> {
  const ignoreError = () => { /* the loop below gets it, too */ }
  const chunks = pipeline(bytesOf(fd, onBytes), createGunzip({ chunkSize: CHUNK_BYTES }), ignoreError)
  const decoder = new StringDecoder('utf8')
  let parts: string[] = []
  let chars = 0
  try {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      const [rest = '', ...starts] = decoder.write(chunk).split('\n')
      parts.push(rest)
      chars += rest.length
      for (const start of starts) {
        yield parts.join('')
        parts = [start]
        chars = start.length
      }
      if (chars > MAX_LINE_CHARS) throw new BackupUnusable('it has a line that is too long')
    }
  } catch (error) {
    // The message is zlib's, such as: incorrect header check, unexpected end of file, incorrect data check.
    if (error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))) {
      throw new BackupUnusable(`it is damaged or cut off (${error.message})`)
    }
    throw error
  }
  if (chars > 0) throw new BackupUnusable('its last line is cut off')
  return undefined
}

/** Reads a file from its start. fs.createReadStream would close it at the first fault, but it is read again. */
async function * bytesOf (fd: number, onBytes: ((bytes: number) => void) | undefined): AsyncGenerator<Buffer> {
  const readAt = promisify(read)
  let position = 0
  for (;;) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    onBytes?.(position)
    yield buffer.subarray(0, bytesRead)
  }
}
