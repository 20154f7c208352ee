/** The command line under systemd: what the script asks systemd for is what the unit has. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'

const root = process.cwd()
const unit = readFileSync(join(root, 'deploy/memory-bridge.service'), 'utf8').split('\n')

t.test('a command runs as the service does, with the arguments that were given', async (t) => {
  const folder = t.testdir({ 'systemd-run': '#!/bin/sh\nprintf \'%s\\n\' "$@"\n' })
  chmodSync(join(folder, 'systemd-run'), 0o755)

  const { status, stdout } = spawnSync(join(root, 'deploy/memory-bridge'), ['backup', '-', 'a b'], {
    encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` }
  })
  const args = stdout.trimEnd().split('\n')
  const properties = args.flatMap((arg) => /^--property=(.*)$/.exec(arg)?.[1] ?? [])

  t.equal(status, 0)
  t.strictSame(args.slice(-3), ['backup', '-', 'a b'])
  t.ok(['--pipe', '--wait'].every((option) => args.includes(option)), 'output and exit code come back')
  t.notMatch(args.find((arg) => arg.startsWith('--description=')), /backup/, 'the journal does not get the arguments')
  for (const property of properties) t.ok(unit.includes(property), `${property} is in the unit`)
  for (const name of ['User', 'DynamicUser', 'StateDirectory', 'EnvironmentFile', 'WorkingDirectory']) {
    t.ok(properties.some((property) => property.startsWith(`${name}=`)), `${name} is set`)
  }
  const [node, script] = args.slice(-5, -3)
  t.ok(unit.includes(`ExecStart=${node} /opt/memory-bridge/dist/src/server.js`), 'it is the same Node')
  t.ok(existsSync(join(root, relative('/opt/memory-bridge', script!))), 'it is what the build makes')
})
