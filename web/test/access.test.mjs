// Everyone can use every page: axe finds no violation, nothing scrolls sideways, and neither a mouse nor JavaScript is needed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ask, linkInMail, loseTable, moveClock, open, overflow, picture, putSurvey, show, tab, takeTime, violations, WIDTHS,
} from './house.mjs'

let house
before(async () => {
  house = await open()
})
after(() => house?.close())

const see = (address) => (page) => page.goto(address)

const send = (body, contentType = 'application/x-www-form-urlencoded') => async (page) => {
  const answer = await page.request.post('/surveys/recycling-centre/responses', {
    data: body,
    headers: { accept: 'text/html', 'content-type': contentType },
    maxRedirects: 0,
  })
  await show(page, '/surveys/recycling-centre', answer)
}

const wrongMethod = async (page) => {
  const answer = await page.request.put('/surveys/recycling-centre', { headers: { accept: 'text/html' } })
  assert.equal(answer.status(), 405)
  await show(page, '/surveys/recycling-centre', answer)
}

const mistaken = async (page) => {
  await page.goto('/surveys/planning-application')
  await page.getByLabel('Day').fill('31')
  await page.getByLabel('Month').fill('2')
  await page.getByLabel('Year').fill('2026')
  await page.getByLabel('Email address').fill('not an address')
  await page.getByRole('button', { name: 'Send your answers' }).click()
  await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
}

const sent = async (page) => {
  await page.goto('/surveys/recycling-centre')
  await page.getByLabel('Satisfied', { exact: true }).check()
  await page.getByLabel('Swanage').check()
  await takeTime(page)
  await page.getByRole('button', { name: 'Send your answers' }).click()
  await page.getByRole('heading', { name: 'Thank you' }).waitFor()
}

// Somebody who asks for the newsletter is told that an email is coming.
const sentWithNewsletter = async (page) => {
  await page.goto('/surveys/recycling-centre')
  await page.getByLabel('Satisfied', { exact: true }).check()
  await page.getByLabel('Swanage').check()
  await page.getByLabel('Email address').fill(`${crypto.randomUUID()}@example.com`)
  await page.getByLabel('Yes', { exact: true }).check()
  await takeTime(page)
  await page.getByRole('button', { name: 'Send your answers' }).click()
  await page.getByRole('heading', { name: 'Thank you' }).waitFor()
  await page.getByRole('heading', { name: 'Confirm your email address' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Confirm your email address' }).waitFor()
}

// The same form sent again after going back and changing an answer, or a form that looks like a program's.
const sentAs = async (page, changes, second) => {
  await page.goto('/surveys/recycling-centre')
  const token = await page.locator('[name=submission_token]').inputValue()
  const answers = { submission_token: token, satisfaction: '5', site: 'Portland', comment: 'Quick.', email: '', phone: '' }
  await takeTime(page)
  const post = (form) => page.request.post('/surveys/recycling-centre/responses', { form, headers: { accept: 'text/html' } })
  if (second) assert.equal((await post(answers)).status(), 200)
  const answer = await post({ ...answers, ...changes })
  assert.equal(answer.status(), 422)
  await show(page, '/surveys/recycling-centre', answer)
  assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'Quick.')
}

const sentTwice = async (page) => {
  await sentAs(page, { satisfaction: '1' }, true)
  await page.getByText('We already have other answers').waitFor()
}

// A browser never sends such a header, but something between it and us might.
const badKey = async (page) => {
  const answer = await page.request.post('/surveys/recycling-centre/responses', {
    form: { satisfaction: '2', site: 'Portland', comment: 'Please open on Sundays.' },
    headers: { accept: 'text/html', 'idempotency-key': '1' },
  })
  assert.equal(answer.status(), 400)
  await show(page, '/surveys/recycling-centre', answer)
  assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'Please open on Sundays.')
}

const doubtful = async (page) => {
  await sentAs(page, { leave_empty: 'https://example.com' }, false)
  await page.getByRole('link', { name: 'A person is sending these answers' }).waitFor()
}

// One network has sent more within the hour than is accepted. An event of API Gateway says which network.
const tooMany = async (page) => {
  const path = '/surveys/recycling-centre/responses'
  const http = { method: 'POST', path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.9', userAgent: 'test' }
  const routeKey = 'POST /surveys/{survey}/responses'
  const event = {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    isBase64Encoded: false,
    body: 'satisfaction=9&comment=Please+open+on+Sundays.',
    requestContext: {
      accountId: '1',
      apiId: 'a',
      domainName: 'd',
      domainPrefix: 'd',
      requestId: 'r',
      routeKey,
      stage: '$default',
      time: '23/Nov/2026:10:00:00 +0000',
      timeEpoch: 0,
      http,
    },
  }
  const send = () => ask(house, 'ingest', event)
  let answer = await send()
  for (let sent = 1; answer.statusCode !== 429 && sent < 1100; sent += 50) {
    answer = (await Promise.all(Array.from({ length: 50 }, send))).at(-1)
  }
  assert.equal(answer.statusCode, 429)
  await show(page, '/surveys/recycling-centre', { text: () => answer.body })
  await page.getByText('a great many have come from your network').waitFor()
  assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'Please open on Sundays.')
}

const givenBack = async (page) => {
  const form = { satisfaction: '5', comment: 'The queue was "long" <again>.\n\nPlease open on Sundays.', email: 'rosa@example.org' }
  const answer = await page.request.post('/surveys/no-such-survey/responses', { form, headers: { accept: 'text/html' } })
  assert.equal(answer.status(), 404)
  await show(page, '/surveys/no-such-survey', answer)
}

const unsubscribed = async (page) => {
  await page.goto('/unsubscribe/any-token')
  await page.getByRole('button', { name: 'Unsubscribe' }).click()
  await page.getByRole('heading', { name: 'You have unsubscribed' }).waitFor()
}

const refusedToUnsubscribe = async (page) => {
  const answer = await page.request.post('/unsubscribe/any-token', { form: { 'List-Unsubscribe': 'No' } })
  assert.equal(answer.status(), 400)
  await show(page, '/unsubscribe/any-token', answer)
}

const confirmed = async (page) => {
  await page.goto(await linkInMail(house, `${crypto.randomUUID()}@example.com`))
  await page.getByRole('button', { name: 'Confirm my email address' }).click()
  await page.getByRole('heading', { name: 'Your email address is confirmed' }).waitFor()
}

const refusedToConfirm = (form, status) => async (page) => {
  const answer = await page.request.post('/confirm/any-token', { form })
  assert.equal(answer.status(), status)
  await show(page, '/confirm/any-token', answer)
}

// A copy of somebody's data, and a link to it.
const copy = async (order) => {
  const id = `copy-${crypto.randomUUID()}`
  const identifiers = [{ type: 'email', value: `${id}@example.com` }]
  await ask(house, 'export', { kind: 'portability', identifiers, requested_by: 'dpo-7', request_id: id })
  const read = await ask(house, 'export', { read: id, by: 'dpo-7' })
  await fetch(read.url, { method: 'POST', body: new URLSearchParams({ code: read.code, file: 'report' }), redirect: 'manual' })
  await ask(house, 'export', { review: id, by: 'dpo-7', nothing_taken_out: true })
  const { url, code } = await ask(house, 'export', order(id))
  return { id, identifiers, path: new URL(url).pathname, code }
}
const released = () => copy((id) => ({ release: id, released_by: 'dpo-7' }))

const copyOffered = async (page) => page.goto((await released()).path)
const copyToRead = async (page) => page.goto((await copy((id) => ({ read: id, by: 'dpo-7' }))).path)

const copyRefused = async (page) => {
  await copyOffered(page)
  await page.getByLabel('Code').fill('K7M2-PX9T')
  await page.getByRole('button', { name: 'Download the page to read' }).click()
  await page.getByRole('heading', { name: 'There is a problem' }).waitFor()
}

// An erasure of its person has been approved since.
const goneCopy = async (page) => {
  const { id, identifiers, path } = await released()
  const request = { request_id: `${id}-gone` }
  const { hash } = await ask(house, 'requests', { order: 'plan', ...request, identifiers, ground: '17(1)(b)', planned_by: 'planner-3' })
  await ask(house, 'requests', { order: 'approve', ...request, hash, approved_by: 'dpo-8' })
  assert.equal((await page.goto(path)).status(), 410)
}

// The page of a certificate, as an order returns it. People who delete by hand confirm until the request is closed.
const certificate = async (page) => {
  const request = { request_id: `certificate-${crypto.randomUUID()}` }
  const identifiers = [{ type: 'email', value: 'nobody@example.com' }]
  const { hash } = await ask(house, 'requests', { order: 'plan', ...request, identifiers, ground: '17(1)(b)', planned_by: 'planner-3' })
  await ask(house, 'requests', { order: 'approve', ...request, hash, approved_by: 'dpo-7' })
  for (let open = true; open; ) {
    const { status, approved_at, tasks } = await ask(house, 'requests', { order: 'status', ...request, by: 'dpo-7' })
    open = status !== 'closed'
    for (const { state, place, correspondence } of tasks) {
      if (state !== 'waiting' || !correspondence?.instructions || correspondence.confirmed) continue
      const confirmation = { place, confirmed_by: 'staff-12', done_on: approved_at.slice(0, 10) }
      await ask(house, 'requests', { order: 'confirm', ...request, ...confirmation })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { html } = await ask(house, 'requests', { order: 'certificate', ...request, by: 'dpo-7' })
  await page.setContent(html)
}

// The sample survey about planning applications is open from 2026 until the end of 2029.
const at = (now) => async (page) => {
  await moveClock(house, now)
  const answer = await page.goto('/surveys/planning-application')
  assert.equal(answer.status(), 403)
}

// Too late even for the extra time.
const tooLate = async (page) => {
  const form = { satisfaction: '2', comment: 'Nobody called back.', email: 'rosa@example.org' }
  const answer = await page.request.post('/surveys/planning-application/responses', { form, headers: { accept: 'text/html' } })
  assert.equal(answer.status(), 403)
  await show(page, '/surveys/planning-application', answer)
}

const park = (id, questions) => ({
  id,
  title: 'Your park',
  service: 'parks',
  lawful_basis: 'public_task',
  notice_version: '2026-11',
  questions: questions.map(([id, label, kind]) => ({ id, label, kind, required: false, purpose: 'answer' })),
})

const COMMENT = ['comment', 'How could we improve?', 'textarea']
const SWINGS = ['swings', 'What is wrong with the swings?', 'textarea']

/** Posts as a form does, and shows the answer as a page. */
const answered = async (page, address, form, status) => {
  const answer = await page.request.post(address, { form, headers: { accept: 'text/html' } })
  assert.equal(answer.status(), status, address)
  await show(page, '/', answer)
}

const formToken = async (page, id) => {
  await page.goto(`/surveys/${id}`)
  return page.locator('[name=submission_token]').inputValue()
}

// A form that was open for longer than its questions are kept.
const noLongerAsked = async (page) => {
  const id = `parks-${crypto.randomUUID().slice(0, 8)}`
  await moveClock(house, '2026-12-01T12:00:00Z')
  await putSurvey(house, park(id, [COMMENT, SWINGS]))
  await moveClock(house, '2026-12-01T12:02:00Z')
  const token = await formToken(page, id)
  await moveClock(house, '2026-12-02T12:00:00Z')
  await putSurvey(house, park(id, [COMMENT]))
  await moveClock(house, '2027-03-01T12:00:00Z')
  const form = { submission_token: token, comment: 'More trees.', swings: 'They squeak,\nall day long.' }
  await answered(page, `/surveys/${id}/responses`, form, 422)
  await page.getByRole('heading', { name: 'What we do not ask any more' }).waitFor()
  assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'More trees.')
  assert.match(await page.getByLabel('swings').inputValue(), /They squeak,\s+all day long\./)
}

// What is needed from a stack that is about to lose its tables. Its clock does not move afterwards.
let prepared
const prepare = async (page) => {
  const id = 'parks-gone'
  await moveClock(house, '2027-03-01T12:30:00Z')
  await putSurvey(house, park(id, [COMMENT, SWINGS]))
  await moveClock(house, '2027-03-01T13:00:00Z')
  const token = await formToken(page, id)
  await putSurvey(house, park(id, [COMMENT]))
  await moveClock(house, '2027-03-01T13:02:00Z')
  await page.goto(`/surveys/${id}`)
  const { url } = await ask(house, 'requests', { order: 'unsubscribe_link', by: 'dpo-7', identifiers: [{ type: 'email', value: 'rosa@example.org' }] })
  return { responses: `/surveys/${id}/responses`, token, unsubscribe: new URL(url).pathname }
}

// The record cannot be written, so the form comes back.
const notSaved = async (page) => {
  prepared ??= await prepare(page)
  const token = await formToken(page, 'recycling-centre')
  await loseTable(house, 'RECORDS_TABLE')
  await takeTime(page)
  const form = { submission_token: token, satisfaction: '4', site: 'Wareham', comment: 'Quick.', email: 'rosa@example.org' }
  await answered(page, '/surveys/recycling-centre/responses', form, 503)
  await page.getByText('Your answers were not saved because of a problem on our side').waitFor()
  assert.equal(await page.getByLabel('How could we improve?').inputValue(), 'Quick.')
}

// The questions that were asked cannot be read. The page can send what was typed again.
const retry = async (page) => {
  prepared ??= await prepare(page)
  await loseTable(house, 'REGISTER_TABLE')
  const form = { submission_token: prepared.token, comment: 'More trees.', swings: 'They squeak,\nall day long.' }
  await answered(page, prepared.responses, form, 503)
  await page.getByRole('button', { name: 'Send your answers again' }).waitFor()
  assert.match(await page.getByLabel('swings').inputValue(), /They squeak,\s+all day long\./)
}

const notUnsubscribed = async (page) => {
  prepared ??= await prepare(page)
  await loseTable(house, 'REGISTER_TABLE')
  await answered(page, prepared.unsubscribe, { 'List-Unsubscribe': 'One-Click' }, 503)
}

// The order matters: later ones move the clock, and the last ones break the stack.
const pages = {
  'form-recycling-centre': see('/surveys/recycling-centre'),
  'form-planning-application': see('/surveys/planning-application'),
  'form-with-mistakes': mistaken,
  'thank-you': sent,
  'thank-you-newsletter': sentWithNewsletter,
  'no-receipt': see('/surveys/recycling-centre/thank-you?reference=M8DQHT7J&until=2029-11-23'),
  list: see('/'),
  privacy: see('/privacy'),
  'privacy-before': see('/privacy/2026-06'),
  'unknown-notice': see('/privacy/1999'),
  accessibility: see('/accessibility'),
  'not-found': see('/nowhere'),
  'unknown-survey': see('/surveys/no-such-survey'),
  'wrong-method': wrongMethod,
  'too-large': send(`comment=${'a'.repeat(1_100_000)}`),
  'other-media-type': send('comment', 'text/plain'),
  'broken-encoding': send('comment=%ZZ'),
  'sent-twice': sentTwice,
  doubtful,
  'bad-key': badKey,
  'too-many': tooMany,
  'given-back': givenBack,
  unsubscribe: see('/unsubscribe/any-token'),
  unsubscribed,
  'unsubscribe-refused': refusedToUnsubscribe,
  confirm: see('/confirm/any-token'),
  confirmed,
  'confirm-refused': refusedToConfirm({ confirm: 'no' }, 400),
  'confirm-over': refusedToConfirm({ confirm: 'yes' }, 410),
  'copy-offered': copyOffered,
  'copy-to-read': copyToRead,
  'copy-refused': copyRefused,
  'copy-gone': goneCopy,
  'copy-not-found': see('/packages/any-token'),
  certificate,
  'not-yet-open': at('2025-12-01T12:00:00Z'),
  closed: at('2030-01-02T12:00:00Z'),
  'too-late': tooLate,
  'no-longer-asked': noLongerAsked,
  'not-saved': notSaved,
  retry,
  'not-unsubscribed': notUnsubscribed,
}

test('a form fits when its text is twice as large', async () => {
  await tab(house, { width: 640, javaScriptEnabled: true, bypassCSP: true }, async (page) => {
    await mistaken(page)
    await page.addStyleTag({ content: 'html { font-size: 200% }' })
    assert.ok((await overflow(page)) <= 0, 'the page scrolls sideways')
  })
})

test('a page asks for nothing but the stylesheet and runs no script', async () => {
  for (const address of ['/', '/surveys/recycling-centre', '/privacy', '/accessibility', '/nowhere', '/unsubscribe/any-token', '/confirm/any-token', '/packages/any-token']) {
    await tab(house, { javaScriptEnabled: true }, async (page) => {
      const asked = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await page.goto(address)
      assert.deepEqual(asked.filter((path) => path !== '/favicon.ico'), [address, '/assets/custodian.css'])
      assert.equal(await page.locator('script').count(), 0)
    })
  }
})

test('a page carries a strict content security policy', async () => {
  await tab(house, {}, async (page) => {
    for (const address of ['/', '/surveys/recycling-centre', '/surveys/no-such-survey', '/privacy', '/accessibility', '/nowhere', '/unsubscribe/any-token', '/confirm/any-token', '/packages/any-token']) {
      const headers = (await page.goto(address)).headers()
      const policy = headers['content-security-policy'] ?? ''
      for (const rule of ["default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"]) {
        assert.ok(policy.includes(rule), `${address}: ${rule} is not in "${policy}"`)
      }
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(headers['content-type'], /^text\/html; charset=utf-8$/i)
    }
  })
})

test('a tab runs no script of a page, and axe sees there what is wrong', async () => {
  await tab(house, {}, async (page) => {
    await page.setContent('<title>Still</title><script>document.title = "It ran"</script><img src="x">')
    const found = await violations(page)
    assert.equal(await page.title(), 'Still')
    assert.ok(found.some((line) => line.startsWith('image-alt: ')), found.join('\n'))
  })
})

for (const [name, visit] of Object.entries(pages)) {
  for (const width of WIDTHS) {
    test(`${name} works without JavaScript, has no accessibility violation and fits ${width} pixels`, async () => {
      await tab(house, { width }, async (page) => {
        await visit(page)
        assert.equal(await page.locator('script').count(), 0)
        assert.equal(await page.locator('html').getAttribute('lang'), 'en-GB')
        assert.equal(await page.locator('h1').count(), 1)
        assert.match(await page.title(), / – \S/)
        await picture(page, name, width)
        assert.deepEqual(await violations(page), [])
        assert.ok((await overflow(page)) <= 0, 'the page scrolls sideways')
      })
    })
  }
}
