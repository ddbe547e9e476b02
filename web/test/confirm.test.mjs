// A resident confirms an address from the link in an email, with JavaScript off and without cookies.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { linkInMail, open, tab, WIDTHS } from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

for (const width of WIDTHS) {
  test(`a person confirms their address with one button, ${width} pixels wide`, async () => {
    await tab(house, { width }, async (page) => {
      await page.goto(await linkInMail(house, `resident-${width}@example.com`))
      assert.equal(await page.locator('h1').innerText(), 'Confirm your email address')
      assert.equal(await page.getByRole('button').count(), 1)
      assert.equal(await page.locator('input:visible').count(), 0, 'nothing has to be typed')
      await page.getByRole('button', { name: 'Confirm my email address' }).click()
      assert.equal(await page.locator('h1').innerText(), 'Your email address is confirmed')
      assert.deepEqual(await page.context().cookies(), [])
      await page.reload()
      assert.equal(await page.locator('h1').innerText(), 'Your email address is confirmed', 'twice is once')
    })
  })
}

test('the address of the link is told to nobody, not even to the next page', async () => {
  await tab(house, {}, async (page) => {
    const told = []
    page.on('request', (request) => told.push(request.headers().referer))
    await page.goto('/confirm/YW55IHRva2Vu')
    await page.getByRole('link', { name: 'Privacy notice' }).click()
    await page.getByRole('heading', { name: 'Privacy notice' }).waitFor()
    assert.ok(told.length >= 3, 'two pages and a stylesheet')
    assert.deepEqual(told.filter((referer) => referer?.includes('confirm')), [])
  })
})
