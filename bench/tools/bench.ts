/** `npm run bench:tools`: how long the tools take. `npm run bench -- --only tools` is the same without options. */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { withCleanup } from '../cleanup.ts'
import { toolsTable } from '../load/report.ts'
import { measureTools, TOOL_LOAD, type ToolLoad } from './measure.ts'

const names = Object.keys(TOOL_LOAD) as Array<keyof ToolLoad>
const optionOf = (name: keyof ToolLoad) => ({ type: 'string' as const, default: String(TOOL_LOAD[name]) })
const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, optionOf(name)])) })
const load = Object.fromEntries(names.map((name) => [name, Number(values[name])])) as ToolLoad

await withCleanup(async (cleanup) => {
  const say = (text: string) => { process.stderr.write(`${text}\n`) }
  process.stdout.write(`${toolsTable(await measureTools(tmpdir(), load, cleanup, say))}\n`)
})
