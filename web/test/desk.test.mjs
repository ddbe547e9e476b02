// The desk, by keyboard alone and with JavaScript off: an access request from a telephone call to closed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { choose, day, desk, go, look, press, tick, type } from './desk.mjs'
import { open, tab } from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

/** Somebody answers a survey. */
async function answer(email, comment) {
  const sent = await fetch(`${house.origin}/surveys/recycling-centre/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ satisfaction: 2, site: 'Wareham', comment, email }),
  })
  assert.equal(sent.status, 201)
}

/** Registers a case with these kinds. */
async function register(page, kinds, reference) {
  await go(page, page.getByRole('link', { name: 'Register a request' }))
  for (const kind of kinds) await tick(page, kind)
  await press(page, page.getByRole('button', { name: 'Continue' }))
  await choose(page, 'How?', 'Telephone')
  await press(page, page.getByRole('button', { name: 'Continue' }))
  await choose(page, 'Who asks?', 'The person themselves')
  await press(page, page.getByRole('button', { name: 'Continue' }))
  await type(page, 'Reference (optional)', reference)
  await press(page, page.getByRole('button', { name: 'Register it' }))
  await page.getByText('The request is registered.').waitFor()
}

const link = (page, name) => page.getByRole('link', { name, exact: true }).first()
const button = (page, name) => page.getByRole('button', { name, exact: true }).first()

test('an access request, from a telephone call to closed', async () => {
  await answer('rosa.hardy@example.com', 'The gate was shut at ten.')
  await desk(house, 'Dana', async (page) => {
    await look(page, 'today')
    await register(page, ['A copy of what we hold about them'], 'C-2026-0042')
    await look(page, 'case')
    await go(page, link(page, 'You asked what the person means'))
    await look(page, 'form')
    await press(page, button(page, 'Stop the clock'))
    await page.getByText('The clock is stopped until they answer.').waitFor()
    await go(page, link(page, 'Clock'))
    await look(page, 'clock')
    await go(page, link(page, 'Overview'))
    await go(page, link(page, 'The person answered your question'))
    await press(page, button(page, 'Start the clock again'))
    await go(page, link(page, 'Find the person'))
    await look(page, 'person')
    await type(page, 'Email addresses', 'rosa.hardy@example')
    await press(page, button(page, 'Search'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    await look(page, 'person-refused')
    await type(page, 'Email addresses', 'rosa.hardy@example.com')
    await press(page, button(page, 'Search'))
    await page.getByRole('heading', { name: 'What we hold' }).waitFor()
    await look(page, 'found')
    assert.ok(!(await page.content()).includes('rosa.hardy@'), 'the address is masked')
    await press(page, button(page, 'Yes, this is the person'))
    await page.getByText('It is entered whose request it is.').waitFor()
    await go(page, link(page, 'The copy'))
    await look(page, 'copy-before')
    await press(page, button(page, 'Make the copy'))
    await look(page, 'copy')
    await press(page, button(page, 'I have read it: nothing is taken out'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    await press(page, button(page, 'Get a link to read it'))
    await look(page, 'copy-link')
    await fetched(page)
    await page.goto('/desk/cases/C-2026-0042/package/access')
    await press(page, button(page, 'I have read it: nothing is taken out'))
    await page.getByText('It is reviewed.').waitFor()
    await press(page, button(page, 'Make a link for the person'))
    await look(page, 'copy-released')
    await fetched(page)
    await page.goto('/desk/cases/C-2026-0042')
    await go(page, link(page, 'Decide'))
    await choose(page, 'What is decided?', 'All of it is granted')
    await choose(page, 'Who decided?', 'The Data Protection Officer')
    await press(page, button(page, 'Save'))
    await go(page, link(page, 'Letters'))
    await choose(page, 'Which letter?', 'The answer')
    await press(page, button(page, 'Write the letter'))
    await look(page, 'letter')
    await go(page, link(page, 'Overview'))
    await go(page, link(page, 'Close the request'))
    await choose(page, 'How did it end?', 'Answered, and all done')
    await choose(page, 'How did the answer reach them? (if there was one)', 'A link that they open')
    await press(page, button(page, 'Close the request'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    await tick(page, 'The address was checked')
    await tick(page, 'The supplementary information of Article 15')
    await press(page, button(page, 'Close the request'))
    await page.getByText('The request is closed.').waitFor()
    await look(page, 'closed')
    await go(page, link(page, 'History'))
    await look(page, 'history')
  })
})

/** Fetches a file by the link and the code that a page of the desk shows. */
async function fetched(page) {
  const fact = (name) => page.locator('.govuk-summary-list__row', { hasText: name }).locator('dd').first().innerText()
  const [url, code] = [await fact('Link'), await fact('Code')]
  await page.goto(url)
  await page.getByLabel('Code').fill(code)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the page to read' }).click(),
  ])
  assert.match(download.suggestedFilename(), /^report-/)
}

test('a breach is registered, told to the Commissioner and closed', async () => {
  await desk(house, 'Dana', async (page) => {
    await go(page, page.getByRole('link', { name: 'Breaches' }))
    await look(page, 'breaches')
    await go(page, link(page, 'Register a breach'))
    await look(page, 'breach-register')
    await choose(page, 'How?', 'Staff')
    await press(page, button(page, 'Register it'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    const at = new Date(Date.now() - 3_600_000)
    const [date, time] = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/London', dateStyle: 'short', timeStyle: 'short' }).format(at).split(' ')
    const when = async (group) => {
      await day(page, group, date)
      const field = page.getByRole('group', { name: group }).getByLabel('Time')
      await field.focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type(time)
    }
    await when('When did the council become aware of it?')
    await press(page, button(page, 'Register it'))
    await page.getByText('The breach is registered.').waitFor()
    await look(page, 'breach')
    const breach = new URL(page.url()).pathname
    await go(page, link(page, 'What happened'))
    await type(page, 'What happened?', 'A list of answers was sent to the wrong team.')
    await tick(page, 'Confidentiality')
    await press(page, button(page, 'Save'))
    await go(page, link(page, 'Who is affected'))
    await look(page, 'breach-affected-form')
    await tick(page, 'Web form')
    await press(page, button(page, 'Save'))
    await go(page, link(page, 'Who is affected: count and list'))
    await press(page, button(page, 'Count them'))
    await look(page, 'breach-counted')
    await page.goto(breach)
    await go(page, link(page, 'The Commissioner’s form, filled in'))
    await look(page, 'breach-form')
    await page.goto(breach)
    await go(page, link(page, 'The Commissioner was told'))
    await when('When?')
    await type(page, 'The Commissioner’s reference', 'IC-123456')
    await choose(page, 'Is that all?', 'Complete')
    await press(page, button(page, 'Save'))
    await page.getByText('It is recorded that the Commissioner was told.').waitFor()
    await go(page, link(page, 'Close the breach'))
    await type(page, 'What was learnt?', 'Lists are sent by the desk only.')
    await press(page, button(page, 'Close it'))
    await page.getByText('The breach is closed.').waitFor()
    await look(page, 'breach-closed')
  })
})

test('a complaint about us is acknowledged, looked into and answered', async () => {
  await desk(house, 'Dana', async (page) => {
    await register(page, ['They complain about how we use their data'], 'C-2026-0046')
    await go(page, link(page, 'The complaint was acknowledged'))
    await press(page, button(page, 'Save'))
    await go(page, link(page, 'The complaint is being looked into'))
    await press(page, button(page, 'Save'))
    await go(page, link(page, 'You told the person the outcome'))
    await choose(page, 'What is the outcome?', 'Part of it was upheld')
    await press(page, button(page, 'Save'))
    await page.getByText('The outcome is recorded.').waitFor()
    await look(page, 'complaint')
  })
})

test('an objection to marketing stops it at once', async () => {
  await answer('olga.moss@example.com', 'No more newsletters, please.')
  await desk(house, 'Dana', async (page) => {
    await register(page, ['They object to our using it'], 'C-2026-0047')
    await go(page, link(page, 'Find the person'))
    await type(page, 'Email addresses', 'olga.moss@example.com')
    await press(page, button(page, 'Search'))
    await page.goto('/desk/cases/C-2026-0047')
    await go(page, link(page, 'Stop newsletters and marketing'))
    await press(page, button(page, 'Stop it'))
    await page.getByText('Newsletters and marketing are stopped.').waitFor()
    await look(page, 'objection')
  })
})

test('a correction: the old value is shown once, and then nowhere', async () => {
  await answer('rsoa.hardy@example.com', 'The bins were full.')
  await desk(house, 'Dana', async (page) => {
    await register(page, ['A correction'], 'C-2026-0043')
    await go(page, link(page, 'Find the person'))
    await type(page, 'Email addresses', 'rsoa.hardy@example.com')
    await press(page, button(page, 'Search'))
    await go(page, page.locator('tbody th a').last())
    await look(page, 'record-before')
    await press(page, button(page, 'Look at this record'))
    await look(page, 'record')
    await choose(page, 'Which field is wrong?', 'Email')
    await press(page, button(page, 'Continue'))
    await look(page, 'correct')
    await type(page, 'What should it say?', 'rosa.hardy@')
    await press(page, button(page, 'Correct it'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    await look(page, 'correct-refused')
    await type(page, 'What should it say?', 'rosa.hardy@example.net')
    await press(page, button(page, 'Correct it'))
    await page.getByRole('heading', { name: 'It is done' }).waitFor()
    await look(page, 'corrected')
    assert.ok(!(await page.content()).includes('rsoa'))
  })
})

test('an erasure is approved by somebody else, who signs in again, and followed to its certificate', async () => {
  await answer('erin.ward@example.com', 'Please forget me.')
  await desk(house, 'Dana', async (page) => {
    await register(page, ['Deletion'], 'C-2026-0044')
    await go(page, link(page, 'Find the person'))
    await type(page, 'Email addresses', 'erin.ward@example.com')
    await press(page, button(page, 'Search'))
    await page.goto('/desk/cases/C-2026-0044')
    await go(page, link(page, 'Plan and follow the erasure'))
    await look(page, 'erasure-before')
    await choose(page, 'On which ground?', 'Consent is withdrawn, Article 17(1)(b)')
    await press(page, button(page, 'Plan it'))
    await page.getByText('Nothing has been deleted yet.').waitFor()
    await look(page, 'plan')
    await go(page, link(page, 'Approve this erasure'))
    await type(page, 'Type C-2026-0044-erasure to approve it', 'C-2026-0044-erasure')
    await press(page, button(page, 'Approve it, and delete'))
    await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
    await look(page, 'approve-refused')
  })
  await desk(house, 'Dilys', async (page) => {
    await page.goto('/desk/cases/C-2026-0044/erasure/approve')
    await look(page, 'approve')
    await type(page, 'Type C-2026-0044-erasure to approve it', 'C-2026-0044-erasure')
    await press(page, button(page, 'Approve it, and delete'))
    await look(page, 'places')
  })
})

test('everybody sees what their role may see, and is told which role may see the rest', async () => {
  const may = {
    Dana: ['/desk', '/desk/requests', '/desk/register', '/desk/figures', '/desk/calendar', '/desk/cases/C-2026-0042/history', '/desk/processing', '/desk/processing/others', '/desk/tasks'],
    Ari: ['/desk', '/desk/looks', '/desk/figures', '/desk/calendar', '/desk/cases/C-2026-0042/history', '/desk/processing', '/desk/processing/others'],
    Hana: ['/desk', '/desk/calendar', '/desk/tasks'],
    Ola: ['/desk', '/desk/calendar'],
  }
  const all = [...new Set(Object.values(may).flat())]
  for (const [name, pages] of Object.entries(may)) {
    await desk(house, name, async (page) => {
      for (const path of all) {
        const answer = await page.goto(path)
        assert.equal(answer.status(), pages.includes(path) ? 200 : 403, `${name} at ${path}`)
        if (name === 'Ari' || path.endsWith('calendar') || path.endsWith('tasks')) await look(page, `${name}${path.replaceAll('/', '-')}`)
      }
    })
  }
})

test('after signing out, Back shows nothing; another site and an old tab change nothing', async () => {
  await desk(house, 'Dana', async (page) => {
    await register(page, ['No more newsletters'], 'C-2026-0045')
    const { url } = { url: page.url() }
    const cookies = await page.context().cookies()
    const send = (headers) =>
      fetch(new URL('/desk/cases/C-2026-0045/do/assign', url), {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
          ...headers,
        },
        body: 'handler=D-2&token=x',
      })
    assert.equal((await send({ 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await send({ 'sec-fetch-site': 'same-site' })).status, 403)
    assert.equal((await send({ origin: 'https://evil.example' })).status, 403)
    assert.equal((await send({})).status, 403)
    assert.equal((await send({ 'sec-fetch-site': 'same-origin' })).status, 409, 'a token that is not this session’s')
    await press(page, button(page, 'Sign out'))
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
    await look(page, 'signed-out')
    const back = await page.goto('/desk/cases/C-2026-0045')
    assert.equal(back.status(), 401)
    await look(page, 'sign-in')
    assert.equal((await send({ 'sec-fetch-site': 'same-origin' })).status, 401, 'the cookie is worth nothing any more')
  })
})
