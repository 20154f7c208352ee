/** Swagger UI as an operator uses it, in a real Chromium. */
import { accessSync, constants } from 'node:fs'
import { chromium } from 'playwright-core'
import t from 'tap'
import { ADMIN_KEY, build } from './helper.ts'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']
const executablePath = [process.env['CHROMIUM_PATH'] ?? [], CANDIDATES].flat().find(isExecutable)
const phoneHash = 'a'.repeat(64)

if (executablePath === undefined) {
  const reason = `skipped: no Chromium found (looked at CHROMIUM_PATH and ${CANDIDATES.join(', ')})`
  if (process.env['REQUIRE_ALL'] === '1') t.fail(reason)
  else t.test('Swagger UI in Chromium', { skip: reason }, async () => {})
} else {
  t.test('an operator authorizes in Swagger UI, adds a fact and sees it', async (t) => {
    const app = await build(t)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    })
    t.teardown(() => browser.close())
    const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } })
    const complaints: string[] = []
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(error.message))

    await page.goto(`${url}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    await page.locator('.modal-ux .auth-container').filter({ hasText: 'adminKey' }).getByRole('textbox').fill(ADMIN_KEY)
    await page.locator('.modal-ux .auth-container').filter({ hasText: 'adminKey' }).getByRole('button', { name: 'Apply credentials' }).click()
    await page.locator('.modal-ux').getByRole('button', { name: 'Close', exact: true }).first().click()

    const addFact = page.locator('.opblock-post').filter({ hasText: 'Add a fact' })
    await addFact.locator('.opblock-summary').click()
    await addFact.getByPlaceholder('phone_hash').fill(phoneHash)
    await addFact.locator('textarea.body-param__text').fill('{"fact":"Prefers the phone to mail"}')
    await addFact.getByRole('button', { name: 'Execute' }).click()
    const answer = addFact.locator('.live-responses-table')
    await answer.waitFor()
    t.match(await answer.locator('tbody .response-col_status').first().innerText(), /200/)
    t.match(await answer.innerText(), /"total_facts": 1/)

    const read = page.locator('.opblock-get').filter({ hasText: 'Get everything known about a caller' })
    await read.locator('.opblock-summary').click()
    await read.getByPlaceholder('phone_hash').fill(phoneHash)
    await read.getByRole('button', { name: 'Execute' }).click()
    await read.locator('.live-responses-table').waitFor()
    t.match(await read.locator('.live-responses-table').innerText(), /Prefers the phone to mail/)

    const picture = process.env['SCREENSHOT_PATH']
    if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true })
    t.strictSame(complaints, [], 'the console has no errors')
  })
}

function isExecutable (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
