import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import type { StoredCaller } from '../../schemas/caller-record.ts'
import { callerFrom } from '../../src/caller/caller.ts'
import type { DocumentFormat } from '../../src/store/document-format.ts'
import { plainFormats } from '../../test/stored.ts'
import { TOKEN } from './words.ts'

export interface Folder {
  /** By phone hash; without records that are older than their caller's erasure mark. */
  records: Map<string, StoredCaller>
  /** The texts of the notes for everybody. */
  notes: string[]
  /** One sentence for each file that is torn, does not fit its schema, or was quarantined. */
  faults: string[]
  /** Texts and ids of clients that occur in any file. */
  tokens: Set<string>
  tempFiles: number
}

/** Reads every file of DATA_DIR, not through the driver. No bridge may be writing meanwhile. */
export async function readFolder (dataDir: string): Promise<Folder> {
  const folder: Folder = { records: new Map(), notes: [], faults: [], tokens: new Set(), tempFiles: 0 }
  const marks = new Map<string, string>()
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(dataDir, path)
    const text = await readFile(path, 'utf8')
    for (const [token] of text.matchAll(TOKEN)) folder.tokens.add(token)
    if (name.includes('.damaged-')) folder.faults.push(`${name} was quarantined as damaged`)
    else if (name.endsWith('.tmp')) folder.tempFiles++
    else if (name.endsWith('.json')) readDocument(folder, marks, name, text)
  }
  for (const [phoneHash, erasedAt] of marks) {
    if (callerFrom(folder.records.get(phoneHash) ?? null, erasedAt).record === null) folder.records.delete(phoneHash)
  }
  return folder
}

function readDocument (folder: Folder, marks: Map<string, string>, name: string, text: string): void {
  const key = basename(name, '.json')
  const kind = dirname(name).split('/')[0]
  if (kind === 'callers') {
    const record = read(folder, name, plainFormats.record(key), text)
    if (record !== null) folder.records.set(key, record)
  } else if (kind === 'erasures') {
    const mark = read(folder, name, plainFormats.mark(key), text)
    if (mark !== null) marks.set(key, mark.erased_at)
  } else if (name === 'notes.json') {
    folder.notes = read(folder, name, plainFormats.document('notes'), text)?.notes.map((note) => note.text) ?? []
  } else {
    try {
      JSON.parse(text)
    } catch {
      folder.faults.push(`${name} is torn`)
    }
  }
}

function read<T> (folder: Folder, name: string, format: DocumentFormat<T>, text: string): T | null {
  const document = format.read(text)
  if (document === null) folder.faults.push(`${name} is torn, or does not fit its schema`)
  return document?.value ?? null
}
