// Builds the stylesheets: that of the pages for residents, which is part of `ingest`, and the desk's. With `--check` it
// writes nothing, and fails if a committed file differs from what the sources give.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'sass'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const sheets = [
  ['custodian.scss', 'functions/ingest/assets/custodian.css'],
  ['desk.scss', 'functions/desk/assets/desk.css'],
]

for (const [source, target] of sheets) {
  const { css } = compile(path(source), {
    charset: false,
    loadPaths: [path('node_modules')],
    style: 'compressed',
  })
  const stylesheet = `${css}\n`
  const built = path(`../${target}`)

  for (const unwanted of ['url(', '@import', 'GDS Transport']) {
    if (stylesheet.includes(unwanted)) {
      console.error(`The stylesheet must fetch nothing and carry no brand, but ${source} gives "${unwanted}".`)
      process.exit(1)
    }
  }

  if (!process.argv.includes('--check')) {
    await writeFile(built, stylesheet)
  } else if ((await readFile(built, 'utf8').catch(() => '')) !== stylesheet) {
    console.error(`${target} is not what web/${source} gives: run \`npm run build\`.`)
    process.exit(1)
  }
}
