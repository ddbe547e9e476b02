// A person fetches the copy of their data with the link and the code that they were given, with JavaScript off.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { ask, open, tab, WIDTHS } from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

/** A package that the DPO has released. */
async function released() {
  const id = `copy-${crypto.randomUUID()}`
  const identifiers = [{ type: 'email', value: `${id}@example.com` }]
  await ask(house, 'export', { kind: 'access', identifiers, requested_by: 'dpo-7', request_id: id })
  const read = await ask(house, 'export', { read: id, by: 'dpo-7' })
  await fetch(read.url, { method: 'POST', body: new URLSearchParams({ code: read.code, file: 'report' }), redirect: 'manual' })
  await ask(house, 'export', { review: id, by: 'dpo-7', nothing_taken_out: true })
  const { url, code } = await ask(house, 'export', { release: id, released_by: 'dpo-7' })
  return { id, path: new URL(url).pathname, code }
}

/** Presses a button and returns the file that the browser saves. */
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()])
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
}

for (const width of WIDTHS) {
  test(`a person saves both files with one code, ${width} pixels wide`, async () => {
    const { id, path, code } = await released()
    await tab(house, { width }, async (page) => {
      await page.goto(path)
      assert.equal(await page.locator('h1').innerText(), 'Download a copy of your data')
      await page.getByLabel('Code').fill(code.toLowerCase())
      const report = await saved(page, 'Download the page to read')
      assert.equal(report.name, `report-${id}.html`)
      assert.ok(report.text.startsWith('<!DOCTYPE html>'))
      // The page is still there, with the code in it.
      const document = await saved(page, 'Download the file for a computer program')
      assert.equal(document.name, `export-${id}.json`)
      assert.equal(JSON.parse(document.text).request_id, id)
      await page.reload()
      await page.getByText('The page to read: you can download it twice').waitFor()
      assert.deepEqual(await page.context().cookies(), [])
    })
  })
}

test('a wrong code is said beside the field, and what was typed is not repeated', async () => {
  const { path } = await released()
  await tab(house, {}, async (page) => {
    await page.goto(path)
    await page.getByLabel('Code').fill('K7M2-PX9T')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    assert.match(await page.title(), /^Error: /)
    assert.equal(await page.getByLabel('Code').inputValue(), '')
    const said = await page.getByLabel('Code').getAttribute('aria-describedby')
    assert.equal(said, 'code-hint code-error')
    assert.match(await page.locator('#code-error').innerText(), /You can try 4 more times/)
    await page.getByRole('link', { name: 'The code is not right' }).click()
    assert.equal(await page.evaluate(() => document.activeElement.id), 'code')
  })
})

test('the report keeps to its own policy: nothing is loaded, and its style is taken', async () => {
  const { path, code } = await released()
  await tab(house, {}, async (page) => {
    await page.goto(path)
    await page.getByLabel('Code').fill(code)
    const report = await saved(page, 'Download the page to read')
    const asked = []
    // A page with no policy except the report's own, as when it is opened from a disk.
    await page.goto('about:blank')
    page.on('request', (request) => asked.push(request.url()))
    await page.setContent(report.text)
    const styled = () => getComputedStyle(document.body).maxWidth
    assert.notEqual(await page.evaluate(styled), 'none', 'the hash in the policy is that of the style')
    assert.deepEqual(asked, [])
  })
})
