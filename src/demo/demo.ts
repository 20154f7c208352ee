/** `memory-bridge demo`: plays a short story on a bridge with temporary data, then keeps that up for a look around. */
import { once } from 'node:events'
import pc from 'picocolors'
import { createScreen } from '../simulate/screen.ts'
import { startBridge, type BridgeProcess } from './bridge-process.ts'
import { startScriptedModel } from './scripted-model.ts'
import { playStory, playWithoutModel } from './story.ts'

const print = (line: string) => console.log(line)

/** With `once` it ends after the story, otherwise with Ctrl+C. Resolves to the exit code: 1 if a step failed. */
export async function playDemo ({ once: endsAfterStory = false }: { once?: boolean }): Promise<number> {
  const screen = createScreen(print)
  print('')
  print(`${pc.bold('Memory bridge')}: a phone agent that knows who is calling.`)
  print(pc.dim('Everything runs on this machine: no account, no phone, no network.'))
  print(pc.dim('Data and secrets are deleted at the end.'))

  const model = await startScriptedModel()
  const bridge = await startBridge(model.url)
  let exitCode: number | null = null
  try {
    await playStory(bridge, screen)
    const other = await startBridge(null)
    await playWithoutModel(other, screen).finally(other.stop)
    print('')
    if (screen.failures() > 0) {
      print(pc.red(`Steps that failed: ${screen.failures()}. The bridge's log:\n${bridge.log.join('\n')}`))
    } else {
      print(pc.bold(pc.green('All steps worked as expected.')))
    }
    if (!endsAfterStory) await lookAround(bridge)
  } finally {
    exitCode = await bridge.stop()
    await model.stop()
  }
  return screen.failures() > 0 || exitCode !== 0 ? 1 : 0
}

async function lookAround (bridge: BridgeProcess): Promise<void> {
  print('')
  const docs = pc.bold(pc.underline(`${bridge.url}/docs`))
  print(`The bridge is still running. Open ${docs}, press ${pc.bold('Authorize')}, and paste the admin key:`)
  print('')
  print(`    ${pc.bold(bridge.adminKey)}`)
  print('')
  print(pc.dim('Try POST /api/preview with {"phone":"+15550100123"}. Press Ctrl+C to stop.'))
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  print('')
}
