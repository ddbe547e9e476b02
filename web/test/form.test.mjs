// A resident answers a survey, with JavaScript off.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { open, tab, takeTime } from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

const REFERENCE = /^[0-9A-Z]{8}$/

const send = (page) => page.getByRole('button', { name: 'Send your answers' }).click()

async function thanked(page) {
  assert.equal(await page.locator('h1').innerText(), 'Thank you')
  assert.match(await page.locator('.custodian-reference').innerText(), REFERENCE)
  assert.match(await page.locator('main').innerText(), /delete them on \d{1,2} [A-Z][a-z]+ \d{4}/)
}

test('a person without JavaScript sends a form and gets a reference', async () => {
  await tab(house, { width: 320 }, async (page) => {
    await page.goto('/surveys/recycling-centre')
    await page.getByLabel('Very satisfied').check()
    await page.getByLabel('Dorchester').check()
    await page.getByLabel('Garden waste').check()
    await page.getByLabel('Wood').check()
    await page.getByLabel('How could we improve?').fill('Longer hours,\nplease.')
    await page.getByLabel('Email address').fill('resident@example.com')
    await page.getByLabel('No', { exact: true }).check()
    await takeTime(page)
    await send(page)
    await thanked(page)
    assert.match(page.url(), /\/surveys\/recycling-centre\/thank-you/)
  })
})

test('a form that comes back keeps everything that was typed', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/planning-application')
    await page.getByLabel('Neither satisfied nor dissatisfied').check()
    await page.getByLabel('Application reference').fill('P/FUL/2026/"01234" <b>')
    await page.getByLabel('How many times').fill('3')
    await page.getByLabel('Day').fill('31')
    await page.getByLabel('Month').fill('2')
    await page.getByLabel('Year').fill('2026')
    await page.getByLabel('better?').fill('\nA first line\n  & a second <script>alert(1)</script>')
    await page.getByLabel('Your name').fill('Zoë O’Neill')
    await page.getByLabel('Email address').fill('not an address')
    await takeTime(page)
    await send(page)

    assert.match(await page.title(), /^Error: Your planning application – /)
    assert.ok(await page.getByLabel('Neither satisfied nor dissatisfied').isChecked())
    assert.equal(await page.getByLabel('Application reference').inputValue(), 'P/FUL/2026/"01234" <b>')
    assert.equal(await page.getByLabel('How many times').inputValue(), '3')
    assert.equal(await page.getByLabel('Day').inputValue(), '31')
    assert.equal(await page.getByLabel('Month').inputValue(), '2')
    assert.equal(await page.getByLabel('Year').inputValue(), '2026')
    const comment = await page.getByLabel('better?').inputValue()
    assert.equal(comment.trim(), 'A first line\n  & a second <script>alert(1)</script>')
    assert.equal(await page.getByLabel('Your name').inputValue(), 'Zoë O’Neill')
    assert.equal(await page.getByLabel('Email address').inputValue(), 'not an address')

    await page.getByLabel('Day').fill('28')
    await page.getByLabel('Email address').fill('zoe@example.com')
    await takeTime(page)
    await send(page)
    await thanked(page)
  })
})

test('the error summary has the focus and its links lead into the fields', async () => {
  await tab(house, { width: 320 }, async (page) => {
    await page.goto('/surveys/planning-application')
    await page.getByLabel('Day').fill('31')
    await page.getByLabel('Month').fill('2')
    await page.getByLabel('Year').fill('2026')
    await send(page)
    assert.equal(await page.locator('.govuk-error-summary:focus').count(), 1)

    const links = page.locator('.govuk-error-summary a')
    const anchors = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))
    assert.deepEqual(anchors, ['#satisfaction', '#decided_on-day', '#email'])
    for (const anchor of anchors) {
      await page.locator(`.govuk-error-summary a[href="${anchor}"]`).click()
      assert.equal(await page.locator(`${anchor}:focus`).count(), 1, `${anchor} has no focus`)
      const box = await page.locator(anchor).boundingBox()
      assert.ok(box.y >= 0 && box.y + box.height <= 800, `${anchor} is out of sight`)
    }
  })
})

test('the keyboard alone is enough, and never meets the trap for programs', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/recycling-centre')
    const focused = () => page.locator(':focus').evaluate((field) => field.getAttribute('name') ?? field.textContent)
    await page.keyboard.press('Tab')
    assert.equal(await focused(), 'Skip to main content')
    await page.keyboard.press('Enter')

    const met = []
    for (let presses = 0; presses < 30 && met.at(-1)?.trim() !== 'Send your answers'; presses += 1) {
      await page.keyboard.press('Tab')
      met.push(await focused())
      if (met.at(-1) === 'satisfaction' || met.at(-1) === 'site') await page.keyboard.press('Space')
    }
    for (const name of ['satisfaction', 'site', 'materials', 'comment', 'email', 'phone', 'newsletter']) {
      assert.ok(met.includes(name), `${name} is not reached: ${met}`)
    }
    assert.ok(!met.includes('leave_empty'), 'the trap is reached')
    await takeTime(page)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/thank-you*')
    await thanked(page)
  })
})

test('whoever fills in the trap is asked, keeps what they typed, and is thanked when it is saved', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/recycling-centre')
    await page.getByLabel('Very satisfied').check()
    await page.getByLabel('Wareham').check()
    await page.getByLabel('How could we improve?').fill('Longer hours.')
    await page.locator('[name=leave_empty]').fill('https://example.com', { force: true })
    await takeTime(page)
    await send(page)
    assert.match(await page.title(), /^Error: /)
    assert.equal(await page.locator('[name=leave_empty]').inputValue(), '')
    assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'Longer hours.')
    await page.locator('.govuk-error-summary a').click()
    assert.equal(await page.locator('#sent_by_a_person:focus').count(), 1)
    await page.keyboard.press('Space')
    await send(page)
    await thanked(page)
  })
})

test('links of a form that came back open another tab, and the form stays as it was', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/recycling-centre')
    await page.getByLabel('How could we improve?').fill('A long answer that nobody wants to type again.')
    await send(page)
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    for (const name of ['How we use your information (opens in new tab)', 'Privacy notice (opens in new tab)']) {
      const [other] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name }).click()])
      await other.getByRole('heading', { name: 'Privacy notice' }).waitFor()
      await other.close()
    }
    assert.match(await page.getByLabel('How could we improve?').inputValue(), /^A long answer/)
  })
})

test('the address of a form that came back leads to the form', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/recycling-centre/responses')
    assert.match(page.url(), /\/surveys\/recycling-centre$/)
    await page.getByRole('button', { name: 'Send your answers' }).waitFor()
  })
})

test('the Back button brings back what was typed', async () => {
  await tab(house, {}, async (page) => {
    await page.goto('/surveys/recycling-centre')
    await page.getByLabel('How could we improve?').fill('A long answer that nobody wants to type again.')
    await page.getByRole('link', { name: 'How we use your information' }).click()
    await page.getByRole('heading', { name: 'Privacy notice' }).waitFor()
    await page.goBack()
    assert.match(await page.getByLabel('How could we improve?').inputValue(), /^A long answer/)
  })
})
