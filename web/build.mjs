// Builds the stylesheet that is part of `ingest`. With `--check` it writes nothing, and fails if the committed file
// differs from what the sources give.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'sass'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const built = path('../functions/ingest/assets/custodian.css')

const { css } = compile(path('custodian.scss'), {
  charset: false,
  loadPaths: [path('node_modules')],
  style: 'compressed',
})
const stylesheet = `${css}\n`

for (const unwanted of ['url(', '@import', 'GDS Transport']) {
  if (stylesheet.includes(unwanted)) {
    console.error(`The stylesheet must fetch nothing and carry no brand, but it has "${unwanted}".`)
    process.exit(1)
  }
}

if (!process.argv.includes('--check')) {
  await writeFile(built, stylesheet)
} else if ((await readFile(built, 'utf8').catch(() => '')) !== stylesheet) {
  console.error('functions/ingest/assets/custodian.css is not what web/custodian.scss gives: run `npm run build`.')
  process.exit(1)
}
