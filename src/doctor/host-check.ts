/** The machine: user, permissions, disk. Pure. */
import { findingsOf, type Finding } from './finding.ts'
import type { HostFacts } from './gather-host.ts'

const LOW_BYTES = 1024 ** 3
const VERY_LOW_BYTES = 100 * 1024 ** 2
const LOW_INODES = 10_000

export function checkHost ({ userId, envFile, dataDir, disk, bridgeUserId }: HostFacts): Finding[] {
  return [...checkUser(), ...checkFile(envFile, 'settings file'), ...checkFile(dataDir, 'data'), ...checkDisk()]

  function checkUser (): Finding[] {
    const { ok, warning, skipped } = findingsOf('user')
    if (bridgeUserId === null && userId !== 0) return [skipped('Which user runs the bridge is not known.')]
    if (bridgeUserId === 0) {
      return [warning('The bridge runs as root.', 'Run it as a user of its own, as the systemd unit in deploy/ does.')]
    }
    return [ok(bridgeUserId === null ? 'No bridge runs as root here.' : `The bridge runs as user ${bridgeUserId}.`)]
  }

  function checkFile (file: HostFacts['envFile'], check: string): Finding[] {
    const { ok, warning } = findingsOf(check)
    if (file === null) return []
    const { path, mode, owner } = file
    const findings: Finding[] = []
    if ((mode & 0o077) !== 0) {
      findings.push(warning(`Other users may open ${path} (mode ${mode.toString(8)}).`,
        `chmod ${check === 'data' ? '700' : '600'} ${path}`))
    }
    if (check === 'data' && bridgeUserId !== null && owner !== bridgeUserId) {
      findings.push(warning(`${path} belongs to user ${owner}, and the bridge runs as ${bridgeUserId}.`,
        `Give it to that user: chown -R ${bridgeUserId} ${path}`))
    }
    return findings.length === 0 ? [ok(`Only its owner may open ${path}.`)] : findings
  }

  function checkDisk (): Finding[] {
    const { ok, warning, failure } = findingsOf('disk')
    if (disk === null) return []
    const { freeBytes, freeInodes } = disk
    const remedy = 'Make room on the disk of DATA_DIR: without it, no call is recorded.'
    const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GB are free`
    if (freeBytes < VERY_LOW_BYTES) return [failure(`Only ${free}.`, remedy)]
    if (freeBytes < LOW_BYTES) return [warning(`Only ${free}.`, remedy)]
    if (freeInodes !== null && freeInodes < LOW_INODES) return [warning(`Only ${freeInodes} more files fit.`, remedy)]
    return [ok(`${free}.`)]
  }
}
