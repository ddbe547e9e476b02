// A resident ends the newsletter from its link, with JavaScript off and without cookies.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, open, tab, WIDTHS } from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

/** The link in a newsletter to this address, made by an order of the DPO. */
async function linkFor(email) {
  const { url } = await ask(house, 'requests', { order: 'unsubscribe_link', by: 'dpo-7', identifiers: [{ type: 'email', value: email }] })
  return new URL(url).pathname
}

// The page is the same for any text as for a token.
const LINK = '/unsubscribe/YW55IHRva2Vu'

for (const width of WIDTHS) {
  test(`a person unsubscribes with one button, ${width} pixels wide`, async () => {
    await tab(house, { width }, async (page) => {
      await page.goto(await linkFor(`resident-${width}@example.com`))
      assert.equal(await page.locator('h1').innerText(), 'Unsubscribe from our newsletter')
      assert.equal(await page.getByRole('button').count(), 1)
      assert.equal(await page.locator('input:visible').count(), 0, 'nothing has to be typed')
      await page.getByRole('button', { name: 'Unsubscribe' }).click()
      assert.equal(await page.locator('h1').innerText(), 'You have unsubscribed')
      assert.deepEqual(await page.context().cookies(), [])
      await page.reload()
      assert.equal(await page.locator('h1').innerText(), 'You have unsubscribed', 'twice is once')
    })
  })
}

test('the keyboard alone is enough', async () => {
  await tab(house, {}, async (page) => {
    await page.goto(LINK)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    assert.equal(await page.locator(':focus').innerText(), 'Unsubscribe')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'You have unsubscribed' }).waitFor()
  })
})

test('the address of the link is told to nobody, not even to the next page', async () => {
  await tab(house, {}, async (page) => {
    const told = []
    page.on('request', (request) => told.push(request.headers().referer))
    await page.goto(LINK)
    await page.getByRole('link', { name: 'Privacy notice' }).click()
    await page.getByRole('heading', { name: 'Privacy notice' }).waitFor()
    assert.ok(told.length >= 3, 'two pages and a stylesheet')
    assert.deepEqual(told.filter((referer) => referer?.includes('unsubscribe')), [])
  })
})
