/**
 * Call starts that are not in their records yet, a line of JSON each, in files under DATA_DIR/rings. Those of a moment
 * share one write. A line that is no longer needed is overwritten with spaces, and a file without lines is deleted.
 */
import { basename, join } from 'node:path'
import pLimit from 'p-limit'
import type { OpenRing } from '../../../schemas/caller-record.ts'
import { StorageUnavailable } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { fixedRings, type RingJournal } from '../driver.ts'
import type { Disk } from './disk.ts'

export interface RingJournalParts {
  /** DATA_DIR. */
  folder: string
  disk: Disk
  isRing: (value: unknown) => value is OpenRing
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

interface Segment {
  path: string
  /** Bytes written. */
  size: number
  /** Lines that are needed. */
  lines: number
}

/** Where a ring is written, in bytes. */
interface Line {
  segment: Segment
  offset: number
  length: number
}

/** How long call starts wait for others to share their write, in milliseconds. */
const GATHER_MS = 25

const RETRY_MS = 1000

/** Rings that may wait for a disk that hangs; in memory, about half a kilobyte each. */
const MAX_UNWRITTEN = 20_000

/** A file of this many bytes is not added to. */
const SEGMENT_BYTES = 1024 * 1024

/**
 * Takes over what an earlier process left, also after a crash, and writes it into a new file in the background. Lines
 * that are not whole are left out.
 *
 * @throws {StorageUnavailable} the files cannot be read
 */
export async function openRingJournal (parts: RingJournalParts): Promise<RingJournal & { close (): Promise<void> }> {
  const { folder, disk, log } = parts
  const { paths, rings, broken } = await readRings(parts)
  if (broken > 0) log.warn({ lines: broken }, 'some call starts could not be read back: their call ends will add them')
  /** Oldest first. The lists are replaced, not changed. */
  const ofCaller = new Map<string, readonly OpenRing[]>()
  /** Every ring that is needed; null until it is written. */
  const lines = new Map<OpenRing, Line | null>()
  const oneAtATime = pLimit(1)
  let unwritten: OpenRing[] = []
  let unneeded: Line[] = []
  let emptied = paths
  let lastNumber = Math.max(0, ...paths.map((path) => Number.parseInt(basename(path), 10)))
  let current = newSegment()
  let timer: NodeJS.Timeout | undefined
  let isFailing = false

  function newSegment (): Segment {
    lastNumber++
    return { path: join(folder, 'rings', `${String(lastNumber).padStart(6, '0')}.jsonl`), size: 0, lines: 0 }
  }

  function keep (ring: OpenRing): void {
    lines.set(ring, null)
    ofCaller.set(ring.phone_hash, [...ofCaller.get(ring.phone_hash) ?? [], ring])
    unwritten.push(ring)
    writeSoon()
  }

  function writeSoon (afterMs = GATHER_MS): void {
    timer ??= setTimeout(() => {
      timer = undefined
      writeAll().catch((error: unknown) => {
        if (!(error instanceof StorageUnavailable)) throw error
        writeSoon(RETRY_MS)
      })
    }, afterMs)
  }

  const writeAll = () => oneAtATime(async () => {
    if (current.size >= SEGMENT_BYTES) {
      if (current.lines === 0) emptied.push(current.path)
      current = newSegment()
    }
    const segment = current
    const [added, blanked, deleted] = [unwritten.filter((ring) => lines.has(ring)), unneeded, emptied]
    unwritten = []
    unneeded = []
    emptied = []
    if (added.length + blanked.length + deleted.length === 0) return
    const texts = added.map((ring) => `${JSON.stringify(ring)}\n`)
    try {
      await disk.writeLines({
        path: segment.path,
        size: segment.size,
        text: texts.join(''),
        blanks: blanked.map(({ segment: { path }, offset, length }) => ({ path, offset, length })),
        deleted
      })
    } catch (error) {
      unwritten = [...added, ...unwritten]
      unneeded = [...blanked, ...unneeded]
      emptied = [...deleted, ...emptied]
      if (!isFailing) log.error({ err: error }, 'call starts cannot be written: they stay in memory until they can')
      isFailing = true
      throw error
    }
    if (isFailing) log.info({}, 'call starts can be written again')
    isFailing = false
    for (const [n, ring] of added.entries()) {
      const line = { segment, offset: segment.size, length: Buffer.byteLength(texts[n]!) }
      segment.size += line.length
      segment.lines++
      // It may have been removed while it was being written.
      if (lines.has(ring)) lines.set(ring, line)
      else drop(line)
    }
  })

  function drop (line: Line): void {
    const { segment } = line
    segment.lines--
    if (segment.lines === 0 && segment !== current) {
      unneeded = unneeded.filter((other) => other.segment !== segment)
      emptied.push(segment.path)
    } else {
      unneeded.push(line)
    }
    writeSoon()
  }

  rings.forEach(keep)

  return {
    of: (phoneHash) => ofCaller.get(phoneHash) ?? [],

    callers: () => [...ofCaller.keys()],

    overdue: (before) => [...ofCaller].filter(([, [first]]) => first!.at < before).map(([phoneHash]) => phoneHash),

    add (ring) {
      if (unwritten.length >= MAX_UNWRITTEN) return false
      keep(ring)
      return true
    },

    remove (removed) {
      for (const ring of removed) {
        const line = lines.get(ring)
        if (!lines.delete(ring)) continue
        const others = (ofCaller.get(ring.phone_hash) ?? []).filter((each) => each !== ring)
        if (others.length === 0) ofCaller.delete(ring.phone_hash)
        else ofCaller.set(ring.phone_hash, others)
        if (line != null) drop(line)
      }
    },

    written: writeAll,

    async close () {
      clearTimeout(timer)
      try {
        await writeAll()
      } catch (error) {
        if (!(error instanceof StorageUnavailable)) throw error
        const calls = unwritten.length
        if (calls > 0) log.error({ calls }, 'call starts were lost: they could not be written')
      }
      clearTimeout(timer)
    }
  }
}

/** For reading beside a bridge that may be running. Changes nothing. */
export async function readRingJournal (parts: Omit<RingJournalParts, 'log'>): Promise<RingJournal> {
  return fixedRings((await readRings(parts)).rings)
}

async function readRings ({ folder, disk, isRing }: Omit<RingJournalParts, 'log'>): Promise<{
  paths: string[]
  /** Oldest first. */
  rings: OpenRing[]
  /** Lines that are no rings. */
  broken: number
}> {
  const root = join(folder, 'rings')
  const names = (await disk.listFolder(root)).filter((name) => /^\d+\.jsonl$/.test(name)).sort()
  const paths = names.map((name) => join(root, name))
  const files = await disk.readFiles(paths)
  const texts = files.flatMap((file) => file?.text.split('\n').filter((text) => text.trim() !== '') ?? [])
  const rings = texts.map(parseJson).filter((value) => isRing(value))
  return { paths, rings, broken: texts.length - rings.length }
}
