// What every browser test needs: the local stack on a free port, and a browser.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const binary = process.env.CUSTODIAN_LOCAL ?? path('../../target/debug/local')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const screenshots = path('../../target/screenshots')

/** Widths in pixels: the narrowest phone that WCAG 2.2 asks for, and a desktop screen. */
export const WIDTHS = [320, 1280]

/** A form that is sent sooner than this after it was made is treated as a program's and is not stored. */
const TOO_FAST_MS = 2200

/** Starts the local stack and a browser; `close` ends both. */
export async function open() {
  const stack = spawn(binary, ['--port', '0'], { cwd: path('../..'), stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => stack.once('exit', resolve))
  const stop = async () => {
    stack.kill('SIGTERM')
    const late = setTimeout(() => stack.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(late)
  }
  try {
    const origin = await address(stack)
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    return {
      origin,
      browser,
      // The GOV.UK Notify simulator shows the emails it was given. The stack prints the address when it starts.
      mails: async () => (await fetch(/http:\S+\/mails/.exec(stack.said)[0])).text(),
      close: async () => {
        await browser.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function address(stack) {
  return new Promise((resolve, reject) => {
    let said = ''
    const give = (error) => reject(new Error(`${binary} told no address: ${error}. It said: ${said}`))
    const late = setTimeout(() => give('nothing for 60 seconds'), 60_000)
    stack.once('error', (error) => give(error.message))
    stack.once('exit', (code) => give(`it ended with ${code}`))
    stack.stdout.setEncoding('utf8')
    stack.stdout.on('data', (text) => {
      said += text
      stack.said = said
      const found = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(said)
      if (found) {
        clearTimeout(late)
        resolve(found[0])
      }
    })
  })
}

/** Opens a tab for `use`, with JavaScript off unless asked for, and closes it afterwards. */
export async function tab(house, { width = 1280, javaScriptEnabled = false, bypassCSP = false }, use) {
  const context = await house.browser.newContext({
    baseURL: house.origin,
    viewport: { width, height: 800 },
    javaScriptEnabled,
    bypassCSP,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints = []
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text())
  })
  try {
    await use(page)
  } finally {
    await context.close()
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
}

/** Moves the stack's clock to a moment (RFC 3339). */
export async function moveClock(house, now) {
  const answer = await fetch(`${house.origin}/_local/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ now }),
  })
  if (!answer.ok) throw new Error(`the clock did not move: ${answer.status} ${await answer.text()}`)
}

/** Gives a function an order and returns its answer. */
export async function ask(house, name, order) {
  const answer = await fetch(`${house.origin}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    body: JSON.stringify(order),
  })
  return answer.json()
}

/** The path of the link in the last email to somebody who has just asked for the newsletter. */
export async function linkInMail(house, email) {
  const answers = { satisfaction: 4, site: 'Wareham', email, newsletter: true }
  await fetch(`${house.origin}/surveys/recycling-centre/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(answers),
  })
  for (let tries = 0; tries < 100; tries += 1) {
    const mail = (await house.mails()).split('\n\n').findLast((text) => text.includes(`to ${email}\n`))
    if (mail) return new URL(/http:\S+/.exec(mail)[0]).pathname
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${email} got no email`)
}

/** Shows the answer to a request that no form can send, at the address where it would have appeared. */
export async function show(page, address, answer) {
  await page.goto(address)
  await page.setContent(await answer.text())
  await page.waitForLoadState('networkidle')
}

/** Puts a survey into the stack, as `make put-survey` does. */
export async function putSurvey(house, survey) {
  const file = path(`../../target/${survey.id}.json`)
  await writeFile(file, JSON.stringify(survey))
  const { status, stdout, stderr } = spawnSync(binary, ['--port', new URL(house.origin).port, 'put-survey', file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the survey was not put: ${stdout} ${stderr}`)
}

/** Makes the stack lose a table, so that every read and write there fails from now on. */
export async function loseTable(house, name) {
  const { endpoints, tables } = await (await fetch(`${house.origin}/_local/endpoints`)).json()
  const signed = 'Credential=local/20260101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host;x-amz-date'
  await fetch(endpoints.dynamodb, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${signed}, Signature=${'0'.repeat(64)}`,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': '20260101T000000Z',
      'x-amz-target': 'DynamoDB_20120810.DeleteTable',
    },
    body: JSON.stringify({ TableName: tables[name] }),
  })
}

/** Waits for the shortest time in which a person can fill in a form. */
export const takeTime = (page) => page.waitForTimeout(TOO_FAST_MS)

/**
 * What axe finds wrong with the page, as lines. The browser runs axe although JavaScript is off, because the page does not ask for it.
 * Timers do not run then, so axe gets others.
 */
export async function violations(page) {
  await page.evaluate(axe)
  await page.evaluate(() => {
    globalThis.setTimeout = (done) => void Promise.resolve().then(done)
  })
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`))
}

/** Saves a screenshot of the whole page for a person to look at. */
export async function picture(page, name, width) {
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}/${name}-${width}.png`, fullPage: true })
}

/** How many pixels wider than the window the page is. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
