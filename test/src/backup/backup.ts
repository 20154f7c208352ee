/** Backups in memory and in files, for the tests of everything that makes, reads and restores them. */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Test } from 'tap'
import type { Entry } from '../../../src/backup/backup-format.ts'
import { makeBackup, type BackupParts } from '../../../src/backup/make-backup.ts'
import { readEntries } from '../../../src/backup/read-backup.ts'
import { createSealer, type Sealer } from '../../../src/store/sealer.ts'
import { at, checks } from '../../stored.ts'

export const sealer = createSealer([Buffer.alloc(32, 1).toString('base64')])
export const otherSealer = createSealer([Buffer.alloc(32, 2).toString('base64')])

/** A backup of a store, as bytes. */
export async function backUp (reader: BackupParts['reader'], overrides: Partial<BackupParts> = {}) {
  const chunks: Buffer[] = []
  const result = await makeBackup({
    reader,
    about: { created_at: at(100), bridge_version: '0.1.0', hash_key_id: null },
    sealer: null,
    sink: new Writable({ write (chunk, _encoding, done) { chunks.push(chunk); done() } }),
    end: true,
    signal: new AbortController().signal,
    onPage: () => {},
    ...overrides
  })
  return { bytes: Buffer.concat(chunks), result }
}

export function linesIn (bytes: Buffer): string[] {
  return gunzipSync(bytes).toString('utf8').split('\n').slice(0, -1)
}

export function fromLines (lines: string[]): Buffer {
  return gzipSync(lines.map((line) => `${line}\n`).join(''))
}

/** Reads a backup from a file of the test's own. Resolves to its entries and counts, or rejects as the reading does. */
export async function readAll (t: Test, bytes: Buffer, using: Sealer | null = null) {
  const fd = openBackup(t, bytes)
  const source = readEntries({ fd, checks, sealer: using })
  const entries: Entry[] = []
  for (;;) {
    const { value, done } = await source.next()
    if (done === true) return { entries, counts: value }
    entries.push(value)
  }
}

export function openBackup (t: Test, bytes: Buffer): number {
  const path = join(t.testdirName, 'read.jsonl.gz')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))
  return fd
}
