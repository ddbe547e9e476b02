// What the tests of the desk share: signing in, keys, and looking at a page at both widths.
import assert from 'node:assert/strict'
import { overflow, picture, violations, WIDTHS } from './house.mjs'

/** The address of the desk. */
export async function deskOf(house) {
  const { apis } = await (await fetch(`${house.origin}/_local/endpoints`)).json()
  assert.ok(apis.DeskApi, 'the stack tells the address of its desk')
  return apis.DeskApi
}

/** Opens a tab for `use` where somebody of the invented staff is signed in, with JavaScript off. */
export async function desk(house, name, use) {
  const address = await deskOf(house)
  const context = await house.browser.newContext({
    baseURL: address,
    viewport: { width: 1280, height: 800 },
    javaScriptEnabled: false,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  try {
    await signIn(page, name)
    await use(page)
  } finally {
    await context.close()
  }
}

/** Signs somebody in, from whichever page is open or the first one. */
export async function signIn(page, name) {
  if (!page.url().startsWith('http')) await page.goto('/desk')
  await go(page, page.getByRole('link', { name: 'Sign in with your council account' }))
  await press(page, page.getByRole('button', { name: new RegExp(name) }))
  await page.getByText('Signed in as').waitFor()
}

/** Moves the focus to an element with the Tab key alone. */
export async function tabTo(page, target) {
  await target.waitFor()
  const isThere = () => target.evaluate((element) => element === document.activeElement)
  for (let presses = 0; presses < 150; presses += 1) {
    if (await isThere()) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${target}`)
}

/** Presses a button with the keyboard and waits for the page after it. */
export async function press(page, button) {
  await tabTo(page, button)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
}

/** Follows a link with the keyboard. */
export async function go(page, link) {
  await tabTo(page, link)
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
}

/** Types into a field, in place of what is there. */
export async function type(page, label, text) {
  const field = page.getByLabel(label, { exact: true })
  await tabTo(page, field)
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')
  const lines = text.split('\n')
  for (const [place, line] of lines.entries()) {
    if (place > 0) await page.keyboard.press('Enter')
    await page.keyboard.type(line)
  }
}

/** Ticks a box. */
export async function tick(page, label) {
  const box = page.getByRole('checkbox', { name: label })
  await tabTo(page, box)
  await page.keyboard.press('Space')
  assert.ok(await box.isChecked())
}

/** Chooses one of several: Tab leads to the group, and the arrows within it. */
export async function choose(page, group, label) {
  const wanted = page.getByRole('group', { name: group }).getByRole('radio', { name: label, exact: true })
  const radios = page.getByRole('group', { name: group }).getByRole('radio')
  const checked = page.getByRole('group', { name: group }).locator('input:checked')
  const first = (await checked.count()) > 0 ? checked : radios.first()
  await tabTo(page, first)
  await page.keyboard.press('Space')
  for (let steps = 0; steps < 30 && !(await wanted.isChecked()); steps += 1) await page.keyboard.press('ArrowDown')
  assert.ok(await wanted.isChecked(), `${label} is chosen`)
}

/** Fills in a day. */
export async function day(page, group, date) {
  const [year, month, day] = date.split('-')
  const fields = page.getByRole('group', { name: group })
  for (const [label, text] of [['Day', day], ['Month', month], ['Year', year]]) {
    await tabTo(page, fields.getByLabel(label))
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  }
}

/** Looks at the page at both widths: nothing for axe, nothing wider than the screen, one heading, and a picture. */
export async function look(page, name) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    assert.deepEqual(await violations(page), [], `${name} at ${width}`)
    assert.equal(await overflow(page), 0, `${name} at ${width} is not wider than the screen`)
    await picture(page, `desk-${name}`, width)
  }
  assert.equal(await page.locator('h1').count(), 1)
  await page.setViewportSize({ width: 1280, height: 800 })
}
