import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import type { OpenRing, StoredCaller } from '../../schemas/caller-record.ts'
import { callerFrom } from '../../src/caller/caller.ts'
import { foldRing } from '../../src/caller/open-ring.ts'
import { parseJson } from '../../src/json.ts'
import type { DocumentFormat } from '../../src/store/formats.ts'
import { checks, plainFormats } from '../../test/stored.ts'
import { TOKEN } from './words.ts'

export interface Folder {
  /** By phone hash, with open call starts; without records that are older than their caller's erasure mark. */
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
  const rings: OpenRing[] = []
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(dataDir, path)
    const text = await readFile(path, 'utf8')
    for (const [token] of text.matchAll(TOKEN)) folder.tokens.add(token)
    if (name.includes('.damaged-')) folder.faults.push(`${name} was quarantined as damaged`)
    else if (name.endsWith('.tmp')) folder.tempFiles++
    else if (name.endsWith('.jsonl')) rings.push(...text.split('\n').map(parseJson).filter((line) => checks.ring(line)))
    else if (name.endsWith('.json')) readDocument(folder, marks, name, text)
  }
  for (const phoneHash of new Set([...marks.keys(), ...rings.map((ring) => ring.phone_hash)])) {
    const stored = callerFrom(folder.records.get(phoneHash) ?? null, marks.get(phoneHash) ?? null)
    const { record } = rings.filter((ring) => ring.phone_hash === phoneHash).reduce(foldRing, stored)
    if (record === null) folder.records.delete(phoneHash)
    else folder.records.set(phoneHash, record)
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
  } else if (parseJson(text) === undefined) {
    folder.faults.push(`${name} is torn`)
  }
}

function read<T> (folder: Folder, name: string, format: DocumentFormat<T>, text: string): T | null {
  const document = format.read(text)
  if (document === null) folder.faults.push(`${name} is torn, or does not fit its schema`)
  return document?.value ?? null
}
